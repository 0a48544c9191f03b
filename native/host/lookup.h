#pragma once
#include <napi.h>
#include <sys/socket.h>

#include <vector>

#include "base/async_work.h"
#include "host/interfaces.h"

namespace sockctl {

// Interfaces and routes, read off the event loop: both may wait for the kernel's network lock.
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
