// Interfaces are listed by getifaddrs; link_linux.cc and link_darwin.cc have the parts that differ.
#include "host/interfaces.h"

#include <ifaddrs.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <memory>

#include "base/address.h"
#include "base/fields.h"
#include "base/open_descriptor.h"
#include "host/link.h"

namespace sockctl {
namespace {

std::string AddressText(const sockaddr* address) {
  if (address == nullptr) return {};
  sockaddr_storage storage{};
  std::memcpy(&storage, address, address->sa_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in));
  return TextOf(storage);
}

int MtuOf(int socket, const std::string& name) {
  ifreq request = LinkRequest(name);
  return ioctl(socket, SIOCGIFMTU, &request) == 0 ? request.ifr_mtu : 0;
}

}  // namespace

int ListInterfaces(std::vector<Interface>& interfaces) {
  ifaddrs* head = nullptr;
  if (getifaddrs(&head) != 0) return errno;
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> list(head, freeifaddrs);
  const UniqueFd socket = OpenDescriptor(AF_INET, SOCK_DGRAM, 0);
  if (!socket.valid()) return errno;
  std::map<std::string, Interface> found;
  for (const ifaddrs* entry = head; entry != nullptr; entry = entry->ifa_next) {
    // An IPv4 label such as eth0:1 is an address of eth0.
    std::string name(entry->ifa_name);
    name.resize(std::min(name.find(':'), name.size()));
    Interface& item = found[name];
    if (item.name.empty()) {
      item.name = name;
      item.index = LinkIndex(socket.get(), name);
      if (item.index == 0 && errno != ENODEV && errno != ENXIO) return errno;
      item.flags = entry->ifa_flags;
      item.mtu = MtuOf(socket.get(), name);
    }
    if (entry->ifa_addr == nullptr) continue;
    const int family = entry->ifa_addr->sa_family;
    if (IsLinkAddress(*entry->ifa_addr)) {
      const std::vector<uint8_t> bytes = LinkAddress(*entry->ifa_addr);
      item.mac = HardwareAddressText(bytes.data(), bytes.size());
    }
    if (family == AF_INET || family == AF_INET6)
      item.addresses.push_back({AddressText(entry->ifa_addr), AddressText(entry->ifa_netmask), family});
  }
  std::map<unsigned, Interface> ordered;
  for (auto& [name, item] : found)
    if (item.index != 0) ordered.emplace(item.index, std::move(item));
  interfaces.reserve(ordered.size());
  for (auto& [index, item] : ordered) interfaces.push_back(std::move(item));
  return 0;
}

Napi::Array ToJs(Napi::Env env, const std::vector<Interface>& interfaces) {
  const Napi::Array list = Napi::Array::New(env, interfaces.size());
  uint32_t index = 0;
  for (const Interface& item : interfaces) {
    Napi::Object object = Napi::Object::New(env);
    object.Set("name", item.name);
    object.Set("index", static_cast<double>(item.index));
    object.Set("mtu", item.mtu);
    object.Set("mac", item.mac);
    object.Set("flags", static_cast<double>(item.flags));
    const Napi::Array addresses = Napi::Array::New(env, item.addresses.size());
    uint32_t address_index = 0;
    for (const InterfaceAddress& address : item.addresses) {
      Napi::Object entry = Napi::Object::New(env);
      entry.Set("address", address.address);
      entry.Set("netmask", address.netmask);
      entry.Set("family", address.family == AF_INET6 ? 6 : 4);
      addresses.Set(address_index++, entry);
    }
    object.Set("addresses", addresses);
    list.Set(index++, object);
  }
  return list;
}

// () -> the interfaces; throws errno, a number
Napi::Value Interfaces(const Napi::CallbackInfo& info) {
  std::vector<Interface> interfaces;
  const int error = ListInterfaces(interfaces);
  if (error == 0) return ToJs(info.Env(), interfaces);
  napi_throw(info.Env(), Napi::Number::New(info.Env(), error));
  return {};
}

// (name) -> index, 0 if there is no such interface
Napi::Value NameToIndex(const Napi::CallbackInfo& info) {
  const std::string name = info[0].ToString();
  // if_nametoindex reads up to a NUL, and some C libraries cut a long name short: either would find another interface.
  const bool may_exist = name.size() < IF_NAMESIZE && name.find('\0') == std::string::npos;
  return Napi::Number::New(info.Env(), may_exist ? if_nametoindex(name.c_str()) : 0);
}

// (index) -> name, '' if there is no such interface
Napi::Value IndexToName(const Napi::CallbackInfo& info) {
  std::array<char, IF_NAMESIZE> name{};
  if_indextoname(ReadInteger<uint32_t>(info[0], "index"), name.data());
  return Napi::String::New(info.Env(), name.data());
}

// (index) -> whether there is such an interface; throws errno, a number, if the kernel can't tell
Napi::Value HasInterface(const Napi::CallbackInfo& info) {
  std::array<char, IF_NAMESIZE> name{};
  const bool has = if_indextoname(ReadInteger<uint32_t>(info[0], "index"), name.data()) != nullptr;
  if (has || errno == ENXIO || errno == ENODEV) return Napi::Boolean::New(info.Env(), has);
  napi_throw(info.Env(), Napi::Number::New(info.Env(), errno));
  return {};
}

}  // namespace sockctl
