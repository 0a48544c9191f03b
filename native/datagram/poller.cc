// An epoll descriptor, watched by a poll handle of libuv.
#include "datagram/poller.h"

#include <sys/epoll.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "base/fields.h"
#include "base/unique_fd.h"
#include "datagram/uv_poll.h"

namespace sockctl {

struct PollState {
  napi_env env = nullptr;
  UniqueFd epoll;
  // The size is what libuv says; new char[] is aligned for any type.
  std::unique_ptr<char[]> handle;  // NOLINT(*-c-arrays)
  napi_ref callback = nullptr;
  napi_async_cleanup_hook_handle hook = nullptr;
  // The member of Poller that points to this state; null once the handle has begun to close.
  PollState** owner = nullptr;

  uv_poll_s* poll() { return reinterpret_cast<uv_poll_s*>(handle.get()); }
  uv_handle_s* base() { return reinterpret_cast<uv_handle_s*>(handle.get()); }
};

namespace {

void DropCallback(PollState& state) {
  if (state.callback != nullptr) napi_delete_reference(state.env, state.callback);
  state.callback = nullptr;
}

void OnClosed(uv_handle_s* handle) {
  const std::unique_ptr<PollState> state(static_cast<PollState*>(uv_handle_get_data(handle)));
  napi_remove_async_cleanup_hook(state->hook);
}

void CloseState(PollState& state) {
  if (state.owner == nullptr) return;
  DropCallback(state);
  *state.owner = nullptr;
  state.owner = nullptr;
  uv_close(state.base(), OnClosed);
  // libuv allows a descriptor to be closed once uv_close was called. A program that has closed everything and counts
  // its descriptors must not find this one still open until the next turn of the loop.
  state.epoll = UniqueFd();
}

// The worker or the process ends, and libuv's handle must be closed before its loop is. The handle may be closing
// already.
void OnExit(napi_async_cleanup_hook_handle /*hook*/, void* data) { CloseState(*static_cast<PollState*>(data)); }

// Plain Node-API, not its C++ wrapper: while a worker_threads worker is being terminated nothing here may throw.
void OnReady(uv_poll_s* handle, int /*status*/, int /*events*/) {
  auto* state = static_cast<PollState*>(uv_handle_get_data(reinterpret_cast<uv_handle_s*>(handle)));
  if (state->callback == nullptr) return;
  const Napi::HandleScope scope(state->env);
  napi_value callback = nullptr;
  napi_value receiver = nullptr;
  if (napi_get_reference_value(state->env, state->callback, &callback) != napi_ok || callback == nullptr) return;
  if (napi_get_global(state->env, &receiver) != napi_ok) return;
  if (napi_make_callback(state->env, nullptr, receiver, callback, 0, nullptr, nullptr) != napi_pending_exception)
    return;
  // No JavaScript is above this call, so the error becomes an uncaught exception.
  napi_value error = nullptr;
  if (napi_get_and_clear_last_exception(state->env, &error) == napi_ok) napi_fatal_exception(state->env, error);
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

Poller::Poller(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Poller>(info) {
  const Napi::Env env = info.Env();
  uv_loop_s* loop = nullptr;
  if (std::strcmp(uv_handle_type_name(kUvPoll), "poll") != 0 || napi_get_uv_event_loop(env, &loop) != napi_ok)
    throw Napi::Error::New(env, "this runtime's event loop is not libuv 1");
  auto state = std::make_unique<PollState>();
  state->env = env;
  state->epoll = UniqueFd(epoll_create1(EPOLL_CLOEXEC));
  if (!state->epoll.valid()) {
    napi_throw(env, Napi::Number::New(env, errno));
    return;
  }
  state->handle = std::make_unique<char[]>(uv_handle_size(kUvPoll));  // NOLINT(*-c-arrays)
  if (const int error = uv_poll_init(loop, state->poll(), state->epoll.get()); error != 0) {
    napi_throw(env, Napi::Number::New(env, -error));
    return;
  }
  uv_handle_set_data(state->base(), state.get());
  uv_unref(state->base());
  state->owner = &state_;
  state_ = state.release();  // OnClosed deletes it
  napi_add_async_cleanup_hook(env, OnExit, state_, &state_->hook);
}

Poller::~Poller() {
  if (state_ != nullptr) CloseState(*state_);
}

PollState& Poller::Open(Napi::Env env) {
  if (state_ == nullptr) throw Napi::Error::New(env, "this poller is closed");
  return *state_;
}

// (fd, events). EPOLLIN is 1, EPOLLOUT 4, EPOLLET 2 ** 31; errors are reported in any case. If fd is watched already,
// the events replace those before. Throws errno, a number.
void Poller::Watch(const Napi::CallbackInfo& info) {
  PollState& state = Open(info.Env());
  const auto fd = ReadInteger<int>(info[0], "fd");
  epoll_event event{};
  event.events = ReadInteger<uint32_t>(info[1], "events");
  event.data.fd = fd;
  if (epoll_ctl(state.epoll.get(), EPOLL_CTL_MOD, fd, &event) == 0) return;
  if (errno == ENOENT && epoll_ctl(state.epoll.get(), EPOLL_CTL_ADD, fd, &event) == 0) return;
  napi_throw(info.Env(), Napi::Number::New(info.Env(), errno));
}

// (fd)
void Poller::Forget(const Napi::CallbackInfo& info) {
  epoll_ctl(Open(info.Env()).epoll.get(), EPOLL_CTL_DEL, ReadInteger<int>(info[0], "fd"), nullptr);
}

// (callback). It is called without arguments, once a turn of the loop while a descriptor is ready.
void Poller::Start(const Napi::CallbackInfo& info) {
  PollState& state = Open(info.Env());
  DropCallback(state);
  if (napi_create_reference(state.env, info[0].As<Napi::Function>(), 1, &state.callback) != napi_ok) return;
  uv_poll_start(state.poll(), kUvReadable, OnReady);
}

void Poller::Stop(const Napi::CallbackInfo& info) {
  PollState& state = Open(info.Env());
  uv_poll_stop(state.poll());
  DropCallback(state);
}

// (keepAlive): whether this keeps the event loop alive while started
void Poller::Hold(const Napi::CallbackInfo& info) {
  PollState& state = Open(info.Env());
  if (info[0].ToBoolean().Value()) {
    uv_ref(state.base());
  } else {
    uv_unref(state.base());
  }
}

// (Int32Array) -> the number of descriptors that are ready; fd and events of each are written into the array
Napi::Value Poller::Ready(const Napi::CallbackInfo& info) {
  PollState& state = Open(info.Env());
  auto into = info[0].As<Napi::Int32Array>();
  constexpr size_t kMaxEvents = 64;
  std::array<epoll_event, kMaxEvents> events{};
  const auto room = static_cast<int>(std::min(kMaxEvents, into.ElementLength() / 2));
  const int count = std::max(0, epoll_wait(state.epoll.get(), events.data(), room, 0));
  for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
    const epoll_event& event = events.at(i);
    into.Data()[i * 2] = event.data.fd;
    into.Data()[i * 2 + 1] = static_cast<int32_t>(event.events);
  }
  return Napi::Number::New(info.Env(), count);
}

void Poller::Close(const Napi::CallbackInfo& /*info*/) {
  if (state_ != nullptr) CloseState(*state_);
}

}  // namespace sockctl
