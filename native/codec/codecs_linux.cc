// The codecs of types that Linux has and macOS lacks, or has differently.
#include <array>
#include <cerrno>

#include "codec/bpf_program.h"
#include "codec/codec.h"
#include "codec/linux_structs.h"
#include "codec/mptcp_full_info.h"
#include "codec/source_filters.h"
#include "codec/struct_codec.h"

namespace sockctl {
namespace {

// struct tcp_ao_getsockopt of <linux/tcp.h>, which Linux 6.7 brought; the kernel writes one after another, for so many
// as the first says there is room for.
constexpr size_t kAoKeySize = 304;
constexpr size_t kAoKeys = 64;

// The question comes from TypeScript, and lies in the first of the room's structs.
void EncodeAoKeys(const Napi::Value& value, Bytes& bytes) {
  EncodeBytes(value, bytes);
  bytes.Resize(kAoKeys * kAoKeySize);
}

constexpr std::array kCodecs = {
    Codec{"ip_msfilter", kIpMsfilterRoom, EncodeIpMsfilter, DecodeIpMsfilter, IpMsfilterRoomNeeded,
          SetIpMsfilterCapacity, IpMsfilterKey},
    Codec{"group_filter", kGroupFilterRoom, EncodeGroupFilter, DecodeGroupFilter, GroupFilterRoomNeeded,
          SetGroupFilterCapacity, GroupFilterKey},
    Struct<ucred>("ucred"),
    Struct<sock_txtime>("sock_txtime"),
    Struct<SoTimestamping>("so_timestamping"),
    Struct<in6_flowlabel_req>("in6_flowlabel_req"),
    Struct<tcp_md5sig>("tcp_md5sig"),
    Struct<tcp_repair_window>("tcp_repair_window"),
    Struct<packet_mreq>("packet_mreq"),
    Codec{"sock_fprog", kProgramRoom, EncodeProgram, DecodeProgram, ProgramRoomNeeded, nullptr, nullptr,
          SetProgramPointer, kInstructionSize, EINVAL},
    Codec{"mptcp_full_info", kFullInfoRoom, EncodeBytes, DecodeBytes, nullptr, SetFullInfoPointers, nullptr, nullptr, 1,
          ERANGE, kFullInfoHead},
    Codec{"tcp_ao_getsockopt", kAoKeys* kAoKeySize, EncodeAoKeys, DecodeBytes, nullptr, nullptr, nullptr, nullptr, 1,
          ERANGE, kAoKeySize},
};

}  // namespace

CodecList SystemCodecs() { return {kCodecs.data(), kCodecs.size()}; }

}  // namespace sockctl
