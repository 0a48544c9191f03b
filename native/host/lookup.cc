// JavaScript adds addresses, starts the lookup, and reads the interfaces and routes when it is done.
#include "host/lookup.h"

#include "base/address.h"
#include "host/route.h"

namespace sockctl {

Napi::Function Lookup::Define(Napi::Env env) {
  return DefineClass(env, "Lookup",
                     {
                         InstanceMethod<&Lookup::Route>("route"),
                         InstanceMethod<&Lookup::Run>("run"),
                         InstanceMethod<&Lookup::Interfaces>("interfaces"),
                         InstanceMethod<&Lookup::Routes>("routes"),
                     });
}

Lookup::Lookup(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Lookup>(info) {}

// (address) -> its index in routes()
Napi::Value Lookup::Route(const Napi::CallbackInfo& info) {
  MustBeOpen(info.Env());
  destinations_.push_back(ParseSockaddr(info[0]));
  return Napi::Number::New(info.Env(), static_cast<double>(destinations_.size() - 1));
}

// (callback)
void Lookup::Run(const Napi::CallbackInfo& info) { Start(Value(), info[0], "sockctl.Lookup"); }

void Lookup::Work() {
  // On failure the list stays empty; a real list never is, since there is always lo.
  static_cast<void>(ListInterfaces(interfaces_));
  for (const sockaddr_storage& destination : destinations_) routes_.push_back(RouteInterface(destination));
}

Napi::Value Lookup::Interfaces(const Napi::CallbackInfo& info) { return ToJs(info.Env(), interfaces_); }

// () -> for each address an interface's index, or -errno
Napi::Value Lookup::Routes(const Napi::CallbackInfo& info) {
  const Napi::Array list = Napi::Array::New(info.Env(), routes_.size());
  for (uint32_t i = 0; i < routes_.size(); ++i) list.Set(i, routes_.at(i));
  return list;
}

}  // namespace sockctl
