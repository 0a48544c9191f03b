// macOS sets both flags by fcntl, after the descriptor is made.
#include "base/open_descriptor.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <array>

namespace sockctl {
namespace {

UniqueFd WithFlags(UniqueFd fd) {
  const bool set = fd.valid() && fcntl(fd.get(), F_SETFD, FD_CLOEXEC) == 0 && fcntl(fd.get(), F_SETFL, O_NONBLOCK) == 0;
  return set ? std::move(fd) : UniqueFd();
}

}  // namespace

UniqueFd OpenDescriptor(int family, int type, int protocol) {
  return WithFlags(UniqueFd(socket(family, type, protocol)));
}

UniqueFd AcceptDescriptor(int listening) { return WithFlags(UniqueFd(accept(listening, nullptr, nullptr))); }

std::pair<UniqueFd, UniqueFd> OpenPair(int type) {
  std::array<int, 2> fds{-1, -1};
  if (socketpair(AF_UNIX, type, 0, fds.data()) != 0) return {};
  std::pair<UniqueFd, UniqueFd> pair{WithFlags(UniqueFd(fds[0])), WithFlags(UniqueFd(fds[1]))};
  return pair.first.valid() && pair.second.valid() ? std::move(pair) : std::pair<UniqueFd, UniqueFd>{};
}

}  // namespace sockctl
