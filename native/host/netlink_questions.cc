// JavaScript adds requests, starts the work, and reads the datagrams of all answers when it is done.
#include "host/netlink_questions.h"

#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <cstring>

#include "base/unique_fd.h"

namespace sockctl {
namespace {

// Longer than any datagram of a list.
constexpr size_t kRoom = 65536;

// An answer comes at once, or was lost for want of memory.
constexpr timeval kPatience{1, 0};

// Whether the last message of an answer is in the datagram. A message whose length is wrong is one, too: the bytes are
// checked where they are decoded.
bool HasEnd(const std::vector<uint8_t>& datagram, uint32_t sequence) {
  size_t at = 0;
  while (at + sizeof(nlmsghdr) <= datagram.size()) {
    nlmsghdr header{};
    std::memcpy(&header, datagram.data() + at, sizeof header);
    if (header.nlmsg_len < sizeof header || header.nlmsg_len > datagram.size() - at) return true;
    const bool ends =
        header.nlmsg_type == NLMSG_DONE || header.nlmsg_type == NLMSG_ERROR || (header.nlmsg_flags & NLM_F_MULTI) == 0;
    if (header.nlmsg_seq == sequence && ends) return true;
    at += NLMSG_ALIGN(header.nlmsg_len);
  }
  return false;
}

// Appends the datagrams of an answer. 0, or errno.
int ReceiveAnswer(int socket, uint32_t sequence, std::vector<std::vector<uint8_t>>& datagrams) {
  std::vector<uint8_t> room(kRoom);
  for (;;) {
    sockaddr_nl sender{};
    socklen_t length = sizeof sender;
    const ssize_t received =
        recvfrom(socket, room.data(), room.size(), MSG_TRUNC, reinterpret_cast<sockaddr*>(&sender), &length);
    if (received < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    if (static_cast<size_t>(received) > room.size()) return EMSGSIZE;
    // Any process may send to a netlink socket.
    if (sender.nl_pid != 0) continue;
    datagrams.emplace_back(room.begin(), room.begin() + received);
    if (HasEnd(datagrams.back(), sequence)) return 0;
  }
}

}  // namespace

Napi::Function NetlinkQuestions::Define(Napi::Env env) {
  return DefineClass(env, "NetlinkQuestions",
                     {
                         InstanceMethod<&NetlinkQuestions::Add>("add"),
                         InstanceMethod<&NetlinkQuestions::Run>("run"),
                         InstanceMethod<&NetlinkQuestions::Answers>("answers"),
                     });
}

NetlinkQuestions::NetlinkQuestions(const Napi::CallbackInfo& info) : Napi::ObjectWrap<NetlinkQuestions>(info) {}

// (request): one message of netlink, with its header
void NetlinkQuestions::Add(const Napi::CallbackInfo& info) {
  MustBeOpen(info.Env());
  if (!info[0].IsTypedArray() || info[0].As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array)
    throw Napi::TypeError::New(info.Env(), "a request is a Uint8Array");
  const auto bytes = info[0].As<Napi::Uint8Array>();
  if (bytes.ByteLength() < sizeof(nlmsghdr))
    throw Napi::RangeError::New(info.Env(), "a request begins with its header");
  requests_.emplace_back(bytes.Data(), bytes.Data() + bytes.ByteLength());
}

// (callback)
void NetlinkQuestions::Run(const Napi::CallbackInfo& info) { Start(Value(), info[0], "sockctl.NetlinkQuestions"); }

void NetlinkQuestions::Work() { error_ = AskAll(); }

int NetlinkQuestions::AskAll() {
  const UniqueFd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!socket.valid()) return errno;
  if (setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience) != 0) return errno;
  // Before Linux 4.12 errors come without words.
  constexpr int kOn = 1;
  static_cast<void>(setsockopt(socket.get(), SOL_NETLINK, NETLINK_EXT_ACK, &kOn, sizeof kOn));
  for (const std::vector<uint8_t>& request : requests_) {
    nlmsghdr header{};
    std::memcpy(&header, request.data(), sizeof header);
    if (send(socket.get(), request.data(), request.size(), 0) < 0) return errno;
    const int error = ReceiveAnswer(socket.get(), header.nlmsg_seq, datagrams_);
    if (error != 0) return error;
  }
  return 0;
}

// () -> the datagrams, in the order in which they came; throws an errno, a number
Napi::Value NetlinkQuestions::Answers(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (error_ != 0) {
    napi_throw(env, Napi::Number::New(env, error_));
    return {};
  }
  const Napi::Array list = Napi::Array::New(env, datagrams_.size());
  uint32_t index = 0;
  for (const std::vector<uint8_t>& datagram : datagrams_)
    list.Set(index++, Napi::Buffer<uint8_t>::Copy(env, datagram.data(), datagram.size()));
  return list;
}

}  // namespace sockctl
