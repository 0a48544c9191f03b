#pragma once
#include <napi.h>

#include <memory>

namespace sockctl {

struct PollState;

// Tells JavaScript when any of a set of descriptors is ready. The set is an epoll descriptor, so that one libuv handle
// serves any number of sockets, and so that an error queue is readiness like any other: libuv alone takes POLLERR for a
// closed descriptor.
class Poller : public Napi::ObjectWrap<Poller> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit Poller(const Napi::CallbackInfo& info);
  ~Poller() override;
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

 private:
  void Watch(const Napi::CallbackInfo& info);
  void Forget(const Napi::CallbackInfo& info);
  void Start(const Napi::CallbackInfo& info);
  void Stop(const Napi::CallbackInfo& info);
  void Hold(const Napi::CallbackInfo& info);
  Napi::Value Ready(const Napi::CallbackInfo& info);
  void Close(const Napi::CallbackInfo& info);
  PollState& Open(Napi::Env env);

  // libuv's handle outlives this object until it is closed: it owns itself, and this is where it is.
  PollState* state_ = nullptr;
};

}  // namespace sockctl
