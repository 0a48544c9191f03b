// macOS sets both flags by fcntl, after the descriptor is made.
#include "base/open_descriptor.h"

#include <fcntl.h>
#include <sys/socket.h>

namespace sockctl {

UniqueFd OpenDescriptor(int family, int type, int protocol) {
  UniqueFd fd(socket(family, type, protocol));
  const bool set = fd.valid() && fcntl(fd.get(), F_SETFD, FD_CLOEXEC) == 0 && fcntl(fd.get(), F_SETFL, O_NONBLOCK) == 0;
  return set ? std::move(fd) : UniqueFd();
}

}  // namespace sockctl
