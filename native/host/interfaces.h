#pragma once
#include <napi.h>
#include <net/if.h>

#include <string>
#include <vector>

namespace sockctl {

struct InterfaceAddress {
  std::string address;
  std::string netmask;
  int family;
};

struct Interface {
  std::string name;
  unsigned index;
  unsigned flags;
  int mtu;
  std::string mac;
  std::vector<InterfaceAddress> addresses;
};

// By index: 0, or errno. Asks the kernel for its list of links, which may wait for the kernel's network lock.
int ListInterfaces(std::vector<Interface>& interfaces);
Napi::Array ToJs(Napi::Env env, const std::vector<Interface>& interfaces);

Napi::Value Interfaces(const Napi::CallbackInfo& info);
// These read a table and do not wait.
Napi::Value NameToIndex(const Napi::CallbackInfo& info);
Napi::Value IndexToName(const Napi::CallbackInfo& info);
Napi::Value HasInterface(const Napi::CallbackInfo& info);

}  // namespace sockctl
