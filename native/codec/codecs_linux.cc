// The codecs of types that Linux has and macOS lacks, or has differently.
#include <array>
#include <cerrno>

#include "codec/bpf_program.h"
#include "codec/codec.h"
#include "codec/linux_structs.h"
#include "codec/source_filters.h"
#include "codec/struct_codec.h"

namespace sockctl {
namespace {

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
};

}  // namespace

CodecList SystemCodecs() { return {kCodecs.data(), kCodecs.size()}; }

}  // namespace sockctl
