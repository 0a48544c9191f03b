// Writes the control messages that a datagram is sent with: one row for each choice that is a number.
#include "datagram/send_control.h"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "base/address.h"
#include "base/fields.h"
#include "datagram/message_type.h"

#ifndef SO_TXTIME
#define SO_TXTIME 61
#endif
#ifndef SCM_TS_OPT_ID
#define SCM_TS_OPT_ID 81
#endif
#ifndef IPV6_DONTFRAG
#define IPV6_DONTFRAG 62
#endif
#ifndef IPV6_FLOWINFO
#define IPV6_FLOWINFO 11
#endif
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

namespace sockctl {
namespace {

using ControlBytes = std::vector<uint8_t>;

void AppendBytes(ControlBytes& bytes, MessageType message, const uint8_t* value, size_t length) {
  const size_t start = bytes.size();
  bytes.resize(start + CMSG_SPACE(length));
  cmsghdr header{};
  header.cmsg_level = message.level;
  header.cmsg_type = message.type;
  header.cmsg_len = CMSG_LEN(length);
  std::memcpy(bytes.data() + start, &header, sizeof header);
  std::copy_n(value, length, bytes.data() + start + CMSG_LEN(0));
}

template <class T>
void Append(ControlBytes& bytes, MessageType message, const T& value) {
  AppendBytes(bytes, message, reinterpret_cast<const uint8_t*>(&value), sizeof value);
}

// T is the C type that the kernel takes.
template <class T>
void AppendInteger(ControlBytes& bytes, MessageType message, const Napi::Value& value, const char* name) {
  Append(bytes, message, ReadInteger<T>(value, name));
}

// The label in network byte order, as the kernel takes it.
void AppendFlowLabel(ControlBytes& bytes, MessageType message, const Napi::Value& value, const char* name) {
  Append(bytes, message, htonl(ReadInteger<uint32_t>(value, name)));
}

struct Row {
  const char* name;
  MessageType ipv4;
  MessageType ipv6;
  void (*append)(ControlBytes& bytes, MessageType message, const Napi::Value& value, const char* name);
};

// One row for each choice that is a number. lib/datagram/message.ts has the other row, of the same name.
constexpr std::array kRows{
    Row{"hopLimit", {IPPROTO_IP, IP_TTL}, {IPPROTO_IPV6, IPV6_HOPLIMIT}, AppendInteger<int>},
    Row{"trafficClass", {IPPROTO_IP, IP_TOS}, {IPPROTO_IPV6, IPV6_TCLASS}, AppendInteger<int>},
    Row{"transmitTime", {SOL_SOCKET, SO_TXTIME}, {SOL_SOCKET, SO_TXTIME}, AppendInteger<uint64_t>},
    Row{"timestampId", {SOL_SOCKET, SCM_TS_OPT_ID}, {SOL_SOCKET, SCM_TS_OPT_ID}, AppendInteger<uint32_t>},
    Row{"mark", {SOL_SOCKET, SO_MARK}, {SOL_SOCKET, SO_MARK}, AppendInteger<uint32_t>},
    Row{"priority", {SOL_SOCKET, SO_PRIORITY}, {SOL_SOCKET, SO_PRIORITY}, AppendInteger<uint32_t>},
    Row{"dontFragment", {}, {IPPROTO_IPV6, IPV6_DONTFRAG}, AppendInteger<int>},
    Row{"flowLabel", {}, {IPPROTO_IPV6, IPV6_FLOWINFO}, AppendFlowLabel},
    Row{"segment", {IPPROTO_UDP, UDP_SEGMENT}, {IPPROTO_UDP, UDP_SEGMENT}, AppendInteger<uint16_t>},
};

// The choices `source` and `interface` go into one message.
void AppendPacketInfo(ControlBytes& bytes, bool ipv6, const Napi::Object& choice) {
  const Napi::Value source = choice.Get("source");
  const Napi::Value interface = choice.Get("interface");
  if (source.IsUndefined() && interface.IsUndefined()) return;
  const uint32_t index = interface.IsUndefined() ? 0 : ReadInteger<uint32_t>(interface, "interface");
  if (ipv6) {
    in6_pktinfo packet{};
    packet.ipi6_ifindex = index;
    if (!source.IsUndefined()) packet.ipi6_addr = ParseIn6(source);
    Append(bytes, {IPPROTO_IPV6, IPV6_PKTINFO}, packet);
  } else {
    in_pktinfo packet{};
    packet.ipi_ifindex = static_cast<int>(index);
    if (!source.IsUndefined()) packet.ipi_spec_dst = ParseIn4(source);
    Append(bytes, {IPPROTO_IP, IP_PKTINFO}, packet);
  }
}

// Control messages as the caller has them: [{ level, type, data }].
void AppendAncillary(ControlBytes& bytes, const Napi::Value& given) {
  if (given.IsUndefined()) return;
  const auto list = given.As<Napi::Array>();
  for (uint32_t index = 0; index < list.Length(); ++index) {
    const auto message = list.Get(index).As<Napi::Object>();
    const MessageType type{ReadInteger<int>(message.Get("level"), "level"),
                           ReadInteger<int>(message.Get("type"), "type")};
    // Nothing of JavaScript runs after the bytes are looked up.
    const Napi::Value data = message.Get("data");
    if (!data.IsTypedArray() || data.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array)
      throw Napi::TypeError::New(given.Env(), "data is not a Uint8Array");
    const auto view = data.As<Napi::Uint8Array>();
    AppendBytes(bytes, type, view.Data(), view.ByteLength());
  }
}

// The numbers of descriptors, which the kernel duplicates: SCM_RIGHTS.
void AppendDescriptors(ControlBytes& bytes, const Napi::Value& given) {
  if (given.IsUndefined()) return;
  const auto list = given.As<Napi::Array>();
  std::vector<int> fds(list.Length());
  for (uint32_t index = 0; index < fds.size(); ++index) fds[index] = ReadInteger<int>(list.Get(index), "descriptor");
  AppendBytes(bytes, {SOL_SOCKET, SCM_RIGHTS}, reinterpret_cast<const uint8_t*>(fds.data()), fds.size() * sizeof(int));
}

void AppendCredentials(ControlBytes& bytes, const Napi::Value& given) {
  if (given.IsUndefined()) return;
  const auto object = given.As<Napi::Object>();
  ucred sender{};
  sender.pid = ReadInteger<pid_t>(object.Get("pid"), "pid");
  sender.uid = ReadInteger<uid_t>(object.Get("uid"), "uid");
  sender.gid = ReadInteger<gid_t>(object.Get("gid"), "gid");
  Append(bytes, {SOL_SOCKET, SCM_CREDENTIALS}, sender);
}

}  // namespace

// (ipv6, choice, segment) -> the bytes of the control messages. An IPv6 socket heeds IPv4's messages for a datagram to
// an IPv4 address, and ignores IPv6's.
Napi::Value EncodeSendControl(const Napi::CallbackInfo& info) {
  const bool ipv6 = info[0].ToBoolean().Value();
  const auto choice = info[1].As<Napi::Object>();
  const auto segment = ReadInteger<uint16_t>(info[2], "segment");
  ControlBytes bytes;
  for (const Row& row : kRows) {
    const Napi::Value value = choice.Get(row.name);
    if (!value.IsUndefined()) row.append(bytes, ipv6 ? row.ipv6 : row.ipv4, value, row.name);
  }
  AppendPacketInfo(bytes, ipv6, choice);
  AppendDescriptors(bytes, choice.Get("descriptors"));
  AppendCredentials(bytes, choice.Get("credentials"));
  AppendAncillary(bytes, choice.Get("ancillary"));
  if (segment > 0) Append(bytes, {IPPROTO_UDP, UDP_SEGMENT}, segment);
  return Napi::Buffer<uint8_t>::Copy(info.Env(), bytes.data(), bytes.size());
}

}  // namespace sockctl
