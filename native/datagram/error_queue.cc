// Reads the error queue of a socket: errors that came back, and times of sending.
#include "datagram/error_queue.h"

#include <linux/errqueue.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/address.h"
#include "base/fields.h"
#include "datagram/ancillary.h"

namespace sockctl {
namespace {

void SetEndpoint(Napi::Object& entry, const char* name, const sockaddr_storage& address) {
  const std::string text = TextOf(address);
  if (text.empty()) return;
  Napi::Object endpoint = Napi::Object::New(entry.Env());
  endpoint.Set("address", text);
  endpoint.Set("port", PortOf(address));
  entry.Set(name, endpoint);
}

bool IsQueuedError(const cmsghdr& header) {
  return (header.cmsg_level == IPPROTO_IP && header.cmsg_type == IP_RECVERR) ||
         (header.cmsg_level == IPPROTO_IPV6 && header.cmsg_type == IPV6_RECVERR) ||
         (header.cmsg_level == SOL_PACKET && header.cmsg_type == PACKET_TX_TIMESTAMP);
}

// Where the extension of an ICMP message starts in the payload: RFC 4884.
void SetExtension(Napi::Object& entry, const sock_extended_err& error) {
  const bool icmp = error.ee_origin == SO_EE_ORIGIN_ICMP || error.ee_origin == SO_EE_ORIGIN_ICMP6;
  if (!icmp || error.ee_rfc4884.len == 0) return;
  Napi::Object extension = Napi::Object::New(entry.Env());
  extension.Set("offset", static_cast<int>(error.ee_rfc4884.len));
  extension.Set("valid", (error.ee_rfc4884.flags & SO_EE_RFC4884_FLAG_INVALID) == 0);
  entry.Set("extension", extension);
}

void SetError(Napi::Object& entry, const cmsghdr& header) {
  const size_t length = header.cmsg_len - CMSG_LEN(0);
  sock_extended_err error{};
  if (length < sizeof error) return;
  std::memcpy(&error, CMSG_DATA(&header), sizeof error);
  entry.Set("errno", static_cast<double>(error.ee_errno));
  entry.Set("origin", static_cast<int>(error.ee_origin));
  entry.Set("type", static_cast<int>(error.ee_type));
  entry.Set("code", static_cast<int>(error.ee_code));
  entry.Set("info", static_cast<double>(error.ee_info));
  entry.Set("data", static_cast<double>(error.ee_data));
  SetExtension(entry, error);
  // After the struct comes the address of the host that sent the error: SO_EE_OFFENDER.
  sockaddr_storage offender{};
  std::memcpy(&offender, CMSG_DATA(&header) + sizeof error, std::min(length - sizeof error, sizeof offender));
  SetEndpoint(entry, "offender", offender);
}

void SetTimestamps(Napi::Object& entry, const cmsghdr& header) {
  Timestamps times{};
  if (!ReadTimestamps(header, times)) return;
  if (times.software != 0) entry.Set("timestamp", Napi::BigInt::New(entry.Env(), times.software));
  if (times.hardware != 0) entry.Set("hardwareTimestamp", Napi::BigInt::New(entry.Env(), times.hardware));
}

}  // namespace

// (fd) -> the first entries of the error queue, at most 64
Napi::Value ReadErrorQueue(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto fd = ReadInteger<int>(info[0], "fd");
  constexpr uint32_t kMaxEntries = 64;
  const Napi::Array list = Napi::Array::New(env);
  std::array<uint8_t, 2048> payload{};
  alignas(cmsghdr) std::array<uint8_t, 512> control{};
  while (list.Length() < kMaxEntries) {
    sockaddr_storage destination{};
    iovec vector{payload.data(), payload.size()};
    msghdr header{};
    header.msg_name = &destination;
    header.msg_namelen = sizeof destination;
    header.msg_iov = &vector;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    const ssize_t length = recvmsg(fd, &header, MSG_ERRQUEUE | MSG_DONTWAIT);
    if (length < 0) break;
    Napi::Object entry = Napi::Object::New(env);
    for (cmsghdr* message = CMSG_FIRSTHDR(&header); message != nullptr; message = CMSG_NXTHDR(&header, message)) {
      if (IsQueuedError(*message)) SetError(entry, *message);
      SetTimestamps(entry, *message);
    }
    if (header.msg_namelen > 0) SetEndpoint(entry, "destination", destination);
    entry.Set("payload", Napi::Buffer<uint8_t>::Copy(env, payload.data(), static_cast<size_t>(length)));
    list.Set(list.Length(), entry);
  }
  return list;
}

}  // namespace sockctl
