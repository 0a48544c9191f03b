// Tells JavaScript when descriptors are ready.
#pragma once
#include <napi.h>

#include "datagram/waiter.h"

namespace sockctl {

// A set of descriptors, any of which may become ready. The set is an epoll descriptor, so that one waiter serves any
// number of sockets, and so that a filled error queue counts as ready: libuv by itself takes POLLERR to mean that the
// descriptor was closed.
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
  Waiter& Open(Napi::Env env);

  // Null once closed. The waiter owns itself, since the runtime may use it for longer than this object.
  Waiter* waiter_ = nullptr;
};

}  // namespace sockctl
