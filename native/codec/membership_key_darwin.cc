// The filter mode of a membership, as macOS tells it.

// The functions of RFC 3678 are C's, and the header does not say so.
extern "C" {
#include <netinet/in.h>
}

#include "base/address.h"
#include "codec/membership_key.h"

namespace sockctl {

FilterMode FilterModeOf(int fd, const MembershipKey& key) {
  if (key.index == 0) return FilterMode::kNone;
  uint32_t mode = 0;
  uint32_t sources = 0;
  sockaddr_storage group = key.group;
  if (getsourcefilter(fd, key.index, reinterpret_cast<sockaddr*>(&group), SockaddrLength(group), &mode, &sources,
                      nullptr) != 0)
    return FilterMode::kNone;
  return mode == MCAST_INCLUDE ? FilterMode::kInclude : FilterMode::kExclude;
}

}  // namespace sockctl
