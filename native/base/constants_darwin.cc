// The constants that macOS has.
#include "base/constants.h"

#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

// The older names of the same two options; Darwin's headers have only RFC 3493's.
#ifndef IPV6_ADD_MEMBERSHIP
#define IPV6_ADD_MEMBERSHIP IPV6_JOIN_GROUP
#define IPV6_DROP_MEMBERSHIP IPV6_LEAVE_GROUP
#endif

// setsourcefilter(3) sets the whole filter by these options, which have one number.
#ifndef MCAST_MSFILTER
#define MCAST_MSFILTER IP_MSFILTER
#endif

namespace sockctl {

std::vector<Constant> SystemConstants() {
  return {
#include "constants.inc"
  };
}

}  // namespace sockctl
