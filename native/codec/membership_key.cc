#include "codec/membership_key.h"

#include <net/if.h>

#include <cstring>
#include <memory>

namespace sockctl {
namespace {

MembershipKey Key4(const in_addr& group, const in_addr& address, uint32_t index) {
  sockaddr_in in4{};
  in4.sin_family = AF_INET;
  in4.sin_addr = group;
  MembershipKey key{};
  std::memcpy(&key.group, &in4, sizeof in4);
  key.address = address;
  key.index = index;
  return key;
}

MembershipKey KeyOn(const sockaddr_storage& group, uint32_t index) {
  MembershipKey key{};
  key.group = group;
  key.index = index;
  return key;
}

}  // namespace

MembershipKey KeyOf(const ip_mreq& value) { return Key4(value.imr_multiaddr, value.imr_interface, 0); }
MembershipKey KeyOf(const ip_mreqn& value) {
  return Key4(value.imr_multiaddr, value.imr_address, static_cast<uint32_t>(value.imr_ifindex));
}
MembershipKey KeyOf(const ip_mreq_source& value) { return Key4(value.imr_multiaddr, value.imr_interface, 0); }
MembershipKey KeyOf(const group_req& value) { return KeyOn(value.gr_group, value.gr_interface); }
MembershipKey KeyOf(const group_source_req& value) { return KeyOn(value.gsr_group, value.gsr_interface); }
MembershipKey KeyOf(const ipv6_mreq& value) {
  sockaddr_in6 in6{};
  in6.sin6_family = AF_INET6;
  in6.sin6_addr = value.ipv6mr_multiaddr;
  sockaddr_storage group{};
  std::memcpy(&group, &in6, sizeof in6);
  return KeyOn(group, static_cast<uint32_t>(value.ipv6mr_interface));
}

#ifdef __linux__
MembershipKey KeyOf(const ip_msfilter& value) { return Key4(value.imsf_multiaddr, value.imsf_interface, 0); }
MembershipKey KeyOf(const group_filter& value) { return KeyOn(value.gf_group, value.gf_interface); }

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
#elif defined(__APPLE__)
FilterMode FilterModeOf(int fd, const MembershipKey& key) {
  if (key.index == 0) return FilterMode::kNone;
  uint32_t mode = 0;
  uint32_t sources = 0;
  const socklen_t length = key.group.ss_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  sockaddr_storage group = key.group;
  if (getsourcefilter(fd, key.index, reinterpret_cast<sockaddr*>(&group), length, &mode, &sources, nullptr) != 0)
    return FilterMode::kNone;
  return mode == MCAST_INCLUDE ? FilterMode::kInclude : FilterMode::kExclude;
}
#endif

}  // namespace sockctl
