// The key in each struct that a membership call takes.
#include "codec/membership_key.h"

#include <cstring>

#include "base/address.h"

namespace sockctl {

MembershipKey KeyOf(const in_addr& group, const in_addr& address, uint32_t index) {
  sockaddr_in in4{};
  in4.sin_family = AF_INET;
  in4.sin_addr = group;
  MembershipKey key{};
  std::memcpy(&key.group, &in4, sizeof in4);
  SetSockaddrLength(reinterpret_cast<sockaddr&>(key.group), sizeof in4);
  key.address = address;
  key.index = index;
  return key;
}

MembershipKey KeyOf(const sockaddr_storage& group, uint32_t index) {
  MembershipKey key{};
  key.group = group;
  key.index = index;
  return key;
}

MembershipKey KeyOf(const ip_mreq& value) { return KeyOf(value.imr_multiaddr, value.imr_interface, 0); }
MembershipKey KeyOf(const ip_mreqn& value) {
  return KeyOf(value.imr_multiaddr, value.imr_address, static_cast<uint32_t>(value.imr_ifindex));
}
MembershipKey KeyOf(const ip_mreq_source& value) { return KeyOf(value.imr_multiaddr, value.imr_interface, 0); }
MembershipKey KeyOf(const group_req& value) { return KeyOf(value.gr_group, value.gr_interface); }
MembershipKey KeyOf(const group_source_req& value) { return KeyOf(value.gsr_group, value.gsr_interface); }
MembershipKey KeyOf(const ipv6_mreq& value) {
  sockaddr_in6 in6{};
  in6.sin6_family = AF_INET6;
  in6.sin6_addr = value.ipv6mr_multiaddr;
  sockaddr_storage group{};
  std::memcpy(&group, &in6, sizeof in6);
  SetSockaddrLength(reinterpret_cast<sockaddr&>(group), sizeof in6);
  return KeyOf(group, static_cast<uint32_t>(value.ipv6mr_interface));
}

}  // namespace sockctl
