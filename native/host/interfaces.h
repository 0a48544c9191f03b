// The interfaces of this host, and their names and indexes.
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

// Fills a list in the order of indexes; answers 0, or errno. May wait for the kernel's network lock, which the list of
// links is read under.
int ListInterfaces(std::vector<Interface>& interfaces);
Napi::Array ToJs(Napi::Env env, const std::vector<Interface>& interfaces);

Napi::Value Interfaces(const Napi::CallbackInfo& info);
// These three read a table and do not wait.
Napi::Value NameToIndex(const Napi::CallbackInfo& info);
Napi::Value IndexToName(const Napi::CallbackInfo& info);
Napi::Value HasInterface(const Napi::CallbackInfo& info);

}  // namespace sockctl
