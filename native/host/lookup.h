// Interfaces and routes, looked up on a worker thread.
#pragma once
#include <napi.h>
#include <sys/socket.h>

#include <vector>

#include "base/async_work.h"
#include "host/interfaces.h"

namespace sockctl {

// Both may wait for the kernel's network lock, so that the event loop must not ask for them.
class Lookup : public Napi::ObjectWrap<Lookup>, private AsyncWork {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit Lookup(const Napi::CallbackInfo& info);

 private:
  Napi::Value Route(const Napi::CallbackInfo& info);
  void Run(const Napi::CallbackInfo& info);
  Napi::Value Interfaces(const Napi::CallbackInfo& info);
  Napi::Value Routes(const Napi::CallbackInfo& info);
  void Work() override;

  std::vector<sockaddr_storage> destinations_;
  std::vector<Interface> interfaces_;
  std::vector<int> routes_;
};

}  // namespace sockctl
