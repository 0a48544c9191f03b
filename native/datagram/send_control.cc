#include "datagram/send_control.h"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <cstring>
#include <vector>

#include "base/address.h"
#include "base/fields.h"

#ifndef SO_TXTIME
#define SO_TXTIME 61
#endif
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

namespace sockctl {
namespace {

template <class T>
void Append(std::vector<uint8_t>& bytes, int level, int type, const T& value) {
  const size_t at = bytes.size();
  bytes.resize(at + CMSG_SPACE(sizeof value));
  cmsghdr header{};
  header.cmsg_level = level;
  header.cmsg_type = type;
  header.cmsg_len = CMSG_LEN(sizeof value);
  std::memcpy(bytes.data() + at, &header, sizeof header);
  std::memcpy(bytes.data() + at + CMSG_LEN(0), &value, sizeof value);
}

void AppendPacketInfo(std::vector<uint8_t>& bytes, bool ipv6, const Napi::Value& source, uint32_t interface) {
  if (ipv6) {
    in6_pktinfo packet{};
    packet.ipi6_ifindex = interface;
    if (!source.IsUndefined()) packet.ipi6_addr = ParseIn6(source);
    Append(bytes, IPPROTO_IPV6, IPV6_PKTINFO, packet);
  } else {
    in_pktinfo packet{};
    packet.ipi_ifindex = static_cast<int>(interface);
    if (!source.IsUndefined()) packet.ipi_spec_dst = ParseIn4(source);
    Append(bytes, IPPROTO_IP, IP_PKTINFO, packet);
  }
}

}  // namespace

// (ipv6, { hopLimit?, trafficClass?, source?, interface?, transmitTime? }, segment) -> the bytes of the control
// messages. What goes to an IPv4 address takes the IPv4 ones, from an IPv6 socket too: it ignores the others.
Napi::Value EncodeSendControl(const Napi::CallbackInfo& info) {
  const bool ipv6 = info[0].ToBoolean().Value();
  const auto choice = info[1].As<Napi::Object>();
  const auto segment = ReadInteger<uint16_t>(info[2], "segment");
  std::vector<uint8_t> bytes;
  const auto append = [&](const char* name, int type, int type6) {
    const Napi::Value value = choice.Get(name);
    if (value.IsUndefined()) return;
    Append(bytes, ipv6 ? IPPROTO_IPV6 : IPPROTO_IP, ipv6 ? type6 : type, ReadInteger<int>(value, name));
  };
  append("hopLimit", IP_TTL, IPV6_HOPLIMIT);
  append("trafficClass", IP_TOS, IPV6_TCLASS);
  const Napi::Value source = choice.Get("source");
  const Napi::Value interface = choice.Get("interface");
  if (!source.IsUndefined() || !interface.IsUndefined())
    AppendPacketInfo(bytes, ipv6, source, interface.IsUndefined() ? 0 : ReadInteger<uint32_t>(interface, "interface"));
  const Napi::Value time = choice.Get("transmitTime");
  if (!time.IsUndefined()) Append(bytes, SOL_SOCKET, SO_TXTIME, ReadInteger<uint64_t>(time, "transmitTime"));
  if (segment > 0) Append(bytes, IPPROTO_UDP, UDP_SEGMENT, segment);
  return Napi::Buffer<uint8_t>::Copy(info.Env(), bytes.data(), bytes.size());
}

}  // namespace sockctl
