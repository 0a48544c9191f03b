// Linux sets both flags as the descriptor is made.
#include "base/open_descriptor.h"

#include <sys/socket.h>

#include <array>

namespace sockctl {

UniqueFd OpenDescriptor(int family, int type, int protocol) {
  return UniqueFd(socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol));
}

UniqueFd AcceptDescriptor(int listening) {
  return UniqueFd(accept4(listening, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
}

std::pair<UniqueFd, UniqueFd> OpenPair(int type) {
  std::array<int, 2> fds{-1, -1};
  if (socketpair(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds.data()) != 0) return {};
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

}  // namespace sockctl
