// Linux sets both flags as the descriptor is made.
#include "base/open_descriptor.h"

#include <sys/socket.h>

namespace sockctl {

UniqueFd OpenDescriptor(int family, int type, int protocol) {
  return UniqueFd(socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol));
}

}  // namespace sockctl
