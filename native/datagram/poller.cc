// A set of descriptors in an epoll descriptor, for JavaScript.
#include "datagram/poller.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <utility>

#include "base/fields.h"
#include "base/unique_fd.h"

namespace sockctl {

namespace {

[[noreturn]] void ThrowFailedCall(Napi::Env env, const FailedCall& call) {
  const Napi::Object failed = Napi::Object::New(env);
  failed.Set("errno", call.error);
  failed.Set("syscall", call.name);
  throw Napi::Error(env, failed);
}

}  // namespace

Napi::Function Poller::Define(Napi::Env env) {
  return DefineClass(env, "Poller",
                     {
                         InstanceMethod<&Poller::Watch>("watch"),
                         InstanceMethod<&Poller::Forget>("forget"),
                         InstanceMethod<&Poller::Start>("start"),
                         InstanceMethod<&Poller::Stop>("stop"),
                         InstanceMethod<&Poller::Hold>("hold"),
                         InstanceMethod<&Poller::Ready>("ready"),
                         InstanceMethod<&Poller::Close>("close"),
                     });
}

// ('thread'?): without it, the event loop is that of libuv. Throws { errno, syscall }.
Poller::Poller(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Poller>(info) {
  const Napi::Env env = info.Env();
  const auto wait = info[0].IsUndefined() ? WaitInLibuv : WaitOnThread;
  try {
    UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
    if (!epoll.valid()) throw FailedCall{errno, "epoll_create1"};
    waiter_ = wait(env, std::move(epoll), &waiter_);
  } catch (const FailedCall& call) {
    ThrowFailedCall(env, call);
  } catch (const std::runtime_error& error) {
    throw Napi::Error::New(env, error.what());
  }
}

Poller::~Poller() {
  if (waiter_ != nullptr) waiter_->Close();
}

Waiter& Poller::Open(Napi::Env env) {
  if (waiter_ == nullptr) throw Napi::Error::New(env, "this poller is closed");
  return *waiter_;
}

// (fd, events). EPOLLIN is 1, EPOLLOUT 4, EPOLLET 2 ** 31; errors are reported in any case. If fd is watched already,
// the events replace those before. Throws errno, a number.
void Poller::Watch(const Napi::CallbackInfo& info) {
  Waiter& waiter = Open(info.Env());
  const auto fd = ReadInteger<int>(info[0], "fd");
  epoll_event event{};
  event.events = ReadInteger<uint32_t>(info[1], "events");
  event.data.fd = fd;
  if (epoll_ctl(waiter.epoll(), EPOLL_CTL_MOD, fd, &event) == 0) return;
  if (errno == ENOENT && epoll_ctl(waiter.epoll(), EPOLL_CTL_ADD, fd, &event) == 0) return;
  napi_throw(info.Env(), Napi::Number::New(info.Env(), errno));
}

// (fd)
void Poller::Forget(const Napi::CallbackInfo& info) {
  epoll_ctl(Open(info.Env()).epoll(), EPOLL_CTL_DEL, ReadInteger<int>(info[0], "fd"), nullptr);
}

// (callback). It is called without arguments, once a turn of the loop while a descriptor is ready.
void Poller::Start(const Napi::CallbackInfo& info) { Open(info.Env()).Start(info[0]); }

void Poller::Stop(const Napi::CallbackInfo& info) { Open(info.Env()).Stop(); }

// (keepAlive): whether this keeps the event loop alive while started
void Poller::Hold(const Napi::CallbackInfo& info) { Open(info.Env()).Hold(info[0].ToBoolean().Value()); }

// (Int32Array) -> the number of descriptors that are ready; fd and events of each are written into the array
Napi::Value Poller::Ready(const Napi::CallbackInfo& info) {
  Waiter& waiter = Open(info.Env());
  auto into = info[0].As<Napi::Int32Array>();
  constexpr size_t kMaxEvents = 64;
  std::array<epoll_event, kMaxEvents> events{};
  const auto room = static_cast<int>(std::min(kMaxEvents, into.ElementLength() / 2));
  const int count = std::max(0, epoll_wait(waiter.epoll(), events.data(), room, 0));
  for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
    const epoll_event& event = events.at(i);
    into.Data()[i * 2] = event.data.fd;
    into.Data()[i * 2 + 1] = static_cast<int32_t>(event.events);
  }
  return Napi::Number::New(info.Env(), count);
}

void Poller::Close(const Napi::CallbackInfo& /*info*/) {
  if (waiter_ != nullptr) waiter_->Close();
}

}  // namespace sockctl
