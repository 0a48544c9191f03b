// Numbers for addresses, so that a table of integers can name them.
#include "datagram/address_table.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/address.h"

namespace sockctl {

size_t AddressKeyHash::operator()(const AddressKey& key) const {
  const auto* bytes = reinterpret_cast<const char*>(&key.address);
  return std::hash<std::string_view>{}({bytes, sizeof key.address}) ^ key.zone;
}

uint32_t AddressTable::FindNumber(const AddressKey& key) {
  const auto [entry, added] = numbers_.emplace(key, static_cast<uint32_t>(keys_.size()));
  if (added) keys_.push_back(key);
  newest_ = 1 - newest_;
  recent_[newest_] = {true, key, entry->second};
  return entry->second;
}

std::string AddressTable::TextAt(uint32_t number) const {
  const AddressKey& key = keys_.at(number);
  if (key.kind == AddressKind::kHardware)
    return HardwareAddressText(key.address.s6_addr, std::min<size_t>(key.zone, sizeof key.address));
  if (key.kind == AddressKind::kIpv4) {
    in_addr in4{};
    std::memcpy(&in4, &key.address.s6_addr[12], sizeof in4);
    return TextOf(in4);
  }
  sockaddr_in6 in6{};
  in6.sin6_family = AF_INET6;
  in6.sin6_addr = key.address;
  in6.sin6_scope_id = key.zone;
  sockaddr_storage storage{};
  std::memcpy(&storage, &in6, sizeof in6);
  return TextOf(storage);
}

void AddressTable::Clear() {
  numbers_.clear();
  keys_.clear();
  recent_ = {};
}

}  // namespace sockctl
