#ifdef __linux__
#include "delivery_rules.h"

namespace sockctl {
namespace {

std::vector<uint8_t> BytesOf(const AddressKey& key) {
  return {std::begin(key.address.s6_addr), std::end(key.address.s6_addr)};
}

bool IsGroup(const AddressKey& key) {
  return key.ipv4 || IN6_IS_ADDR_V4MAPPED(&key.address) ? (key.address.s6_addr[12] & 0xf0) == 0xe0
                                                        : IN6_IS_ADDR_MULTICAST(&key.address);
}

}  // namespace

void DeliveryRules::Set(int fd, const AddressKey& group, int interface, Mode mode,
                        const std::vector<AddressKey>& sources) {
  const Key key{fd, interface, BytesOf(group)};
  if (mode == Mode::kNone) {
    rules_.erase(key);
    return;
  }
  Rule rule{mode, {}};
  for (const AddressKey& source : sources) rule.sources.insert(BytesOf(source));
  rules_.insert_or_assign(key, std::move(rule));
}

void DeliveryRules::Forget(int fd) {
  for (auto place = rules_.begin(); place != rules_.end();)
    place = std::get<0>(place->first) == fd ? rules_.erase(place) : std::next(place);
}

bool DeliveryRules::Accepts(int fd, bool first, const Ancillary& said, const AddressKey& source) const {
  if (!said.has_destination) return true;
  if (!IsGroup(said.destination)) return !groups_only_ && (first || !said.broadcast);
  // IPv4 is right in the kernel, given IP_MULTICAST_ALL off.
  if (rules_.empty() || said.destination.ipv4 || IN6_IS_ADDR_V4MAPPED(&said.destination.address)) return true;
  const auto found = rules_.find({fd, said.interface, BytesOf(said.destination)});
  if (found == rules_.end()) return false;
  const Rule& rule = found->second;
  return (rule.sources.count(BytesOf(source)) != 0) == (rule.mode == Mode::kInclude);
}

}  // namespace sockctl
#endif
