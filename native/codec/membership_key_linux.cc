// The filter mode of a membership, as Linux tells it.
#include "codec/membership_key.h"

#include <net/if.h>

#include <cstring>
#include <memory>

namespace sockctl {
namespace {

FilterMode ModeOf(uint32_t kernel) { return kernel == MCAST_INCLUDE ? FilterMode::kInclude : FilterMode::kExclude; }

FilterMode FilterModeByAddress(int fd, const sockaddr_storage& group, const in_addr& address) {
  sockaddr_in in4{};
  std::memcpy(&in4, &group, sizeof in4);
  ip_msfilter filter{};
  filter.imsf_multiaddr = in4.sin_addr;
  filter.imsf_interface = address;
  socklen_t length = IP_MSFILTER_SIZE(0);
  if (getsockopt(fd, IPPROTO_IP, IP_MSFILTER, &filter, &length) != 0) return FilterMode::kNone;
  return ModeOf(filter.imsf_fmode);
}

FilterMode FilterModeByIndex(int fd, const sockaddr_storage& group, uint32_t index) {
  group_filter filter{};
  filter.gf_interface = index;
  filter.gf_group = group;
  socklen_t length = GROUP_FILTER_SIZE(0);
  const int level = group.ss_family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP;
  if (getsockopt(fd, level, MCAST_MSFILTER, &filter, &length) != 0) return FilterMode::kNone;
  return ModeOf(filter.gf_fmode);
}

// IPv6 joins and leaves on index 0 act on the group wherever it is joined; its filter is told by index only.
FilterMode FilterModeAnywhere(int fd, const sockaddr_storage& group) {
  const std::unique_ptr<struct if_nameindex, decltype(&if_freenameindex)> list(::if_nameindex(), &if_freenameindex);
  FilterMode found = FilterMode::kNone;
  if (list == nullptr) return found;
  for (const auto* item = list.get(); item->if_index != 0; ++item) {
    const FilterMode mode = FilterModeByIndex(fd, group, item->if_index);
    if (mode == FilterMode::kExclude) return mode;
    if (mode != FilterMode::kNone) found = mode;
  }
  return found;
}

}  // namespace

FilterMode FilterModeOf(int fd, const MembershipKey& key) {
  if (key.index != 0) return FilterModeByIndex(fd, key.group, key.index);
  if (key.group.ss_family == AF_INET) return FilterModeByAddress(fd, key.group, key.address);
  return FilterModeAnywhere(fd, key.group);
}

}  // namespace sockctl
