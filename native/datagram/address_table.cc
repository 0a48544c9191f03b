#include "datagram/address_table.h"

#include <cstring>
#include <string_view>

#include "base/address.h"

namespace sockctl {

size_t AddressKeyHash::operator()(const AddressKey& key) const {
  const auto* bytes = reinterpret_cast<const char*>(&key.address);
  return std::hash<std::string_view>{}({bytes, sizeof key.address}) ^ key.zone;
}

bool AddressKeyEqual::operator()(const AddressKey& left, const AddressKey& right) const {
  return left.zone == right.zone && left.ipv4 == right.ipv4 &&
         std::memcmp(&left.address, &right.address, sizeof left.address) == 0;
}

uint32_t AddressTable::NumberOf(const AddressKey& key) {
  if (last_ < keys_.size() && AddressKeyEqual{}(keys_[last_], key)) return last_;
  const auto [place, added] = numbers_.emplace(key, static_cast<uint32_t>(keys_.size()));
  if (added) keys_.push_back(key);
  last_ = place->second;
  return last_;
}

std::string AddressTable::TextAt(uint32_t number) const {
  const AddressKey& key = keys_.at(number);
  if (key.ipv4) {
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
  last_ = 0;
}

}  // namespace sockctl
