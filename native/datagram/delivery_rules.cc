// Which of the datagrams that the kernel hands over a receiver delivers.
#include "datagram/delivery_rules.h"

#include <algorithm>

namespace sockctl {
namespace {

bool IsIpv4(const AddressKey& key) { return key.kind == AddressKind::kIpv4 || IN6_IS_ADDR_V4MAPPED(&key.address); }

bool IsGroup(const AddressKey& key) {
  return IsIpv4(key) ? (key.address.s6_addr[12] & 0xf0) == 0xe0 : IN6_IS_ADDR_MULTICAST(&key.address);
}

}  // namespace

DeliveryRules::Address DeliveryRules::BytesOf(const AddressKey& key) {
  Address bytes{};
  std::copy(std::begin(key.address.s6_addr), std::end(key.address.s6_addr), bytes.begin());
  return bytes;
}

void DeliveryRules::Set(const AddressKey& group, int interface, FilterMode mode,
                        const std::vector<AddressKey>& sources) {
  const std::pair key{interface, BytesOf(group)};
  if (mode == FilterMode::kNone) {
    groups_.erase(key);
    return;
  }
  Rule rule{mode, {}};
  for (const AddressKey& source : sources) rule.sources.insert(BytesOf(source));
  groups_.insert_or_assign(key, std::move(rule));
}

bool DeliveryRules::Accepts(const Destination& destination, const AddressKey& source) const {
  if (!destination.known) return true;
  if (!IsGroup(destination.address)) return destination.broadcast ? broadcast_ : unicast_;
  // For IPv4 the kernel's own filter is right, given IP_MULTICAST_ALL off. Without rules the groups were joined by
  // other means than the receiver's.
  if (groups_.empty() || IsIpv4(destination.address)) return true;
  const auto found = groups_.find({destination.interface, BytesOf(destination.address)});
  if (found == groups_.end()) return false;
  const Rule& rule = found->second;
  return (rule.sources.count(BytesOf(source)) != 0) == (rule.mode == FilterMode::kInclude);
}

}  // namespace sockctl
