#include "datagram/error_queue.h"

#include <linux/errqueue.h>
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

bool IsReturnedError(const ControlMessage& message) {
  return (message.level == IPPROTO_IP && message.type == IP_RECVERR) ||
         (message.level == IPPROTO_IPV6 && message.type == IPV6_RECVERR);
}

// What follows the struct is the address of the host that told: SO_EE_OFFENDER.
void Describe(Napi::Object& entry, const ControlMessage& message) {
  sock_extended_err error{};
  if (message.data.size() < sizeof error) return;
  std::memcpy(&error, message.data.data(), sizeof error);
  entry.Set("errno", static_cast<double>(error.ee_errno));
  entry.Set("origin", static_cast<int>(error.ee_origin));
  entry.Set("type", static_cast<int>(error.ee_type));
  entry.Set("code", static_cast<int>(error.ee_code));
  entry.Set("info", static_cast<double>(error.ee_info));
  entry.Set("data", static_cast<double>(error.ee_data));
  sockaddr_storage offender{};
  std::memcpy(&offender, message.data.data() + sizeof error,
              std::min(message.data.size() - sizeof error, sizeof offender));
  SetEndpoint(entry, "offender", offender);
}

}  // namespace

// (fd) -> what the error queue holds, at most 64 of it: errors that came back and times of sending
Napi::Value ReadErrorQueue(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto fd = ReadInteger<int>(info[0], "fd");
  constexpr uint32_t kMost = 64;
  const Napi::Array list = Napi::Array::New(env);
  std::array<uint8_t, 2048> payload{};
  alignas(cmsghdr) std::array<uint8_t, 512> control{};
  while (list.Length() < kMost) {
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
    std::vector<ControlMessage> others;
    const Ancillary said = ReadAncillary(header, others);
    Napi::Object entry = Napi::Object::New(env);
    for (const ControlMessage& message : others)
      if (IsReturnedError(message)) Describe(entry, message);
    if (header.msg_namelen > 0) SetEndpoint(entry, "destination", destination);
    if (said.has_timestamp) entry.Set("timestamp", Napi::BigInt::New(env, said.timestamp));
    if (said.has_hardware_timestamp) entry.Set("hardwareTimestamp", Napi::BigInt::New(env, said.hardware_timestamp));
    entry.Set("payload", Napi::Buffer<uint8_t>::Copy(env, payload.data(), static_cast<size_t>(length)));
    list.Set(list.Length(), entry);
  }
  return list;
}

}  // namespace sockctl
