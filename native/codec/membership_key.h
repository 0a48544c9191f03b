// The key by which the kernel finds a membership, and the question for its filter mode.
#pragma once
#include <netinet/in.h>
#include <sys/socket.h>

#include "codec/filter_mode.h"

namespace sockctl {

// A group on an interface. The kernel looks for the interface by its index or, if that is 0, by its local IPv4 address.
struct MembershipKey {
  sockaddr_storage group;
  in_addr address;
  uint32_t index;
};

// The mode the kernel has for a socket's membership now.
FilterMode FilterModeOf(int fd, const MembershipKey& key);

MembershipKey KeyOf(const in_addr& group, const in_addr& address, uint32_t index);
MembershipKey KeyOf(const sockaddr_storage& group, uint32_t index);
MembershipKey KeyOf(const ip_mreq& value);
MembershipKey KeyOf(const ip_mreqn& value);
MembershipKey KeyOf(const ip_mreq_source& value);
MembershipKey KeyOf(const group_req& value);
MembershipKey KeyOf(const group_source_req& value);
MembershipKey KeyOf(const ipv6_mreq& value);

}  // namespace sockctl
