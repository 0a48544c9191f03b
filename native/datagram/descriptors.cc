// The descriptors that a message brings: SCM_RIGHTS, SCM_PIDFD. unix(7)
#include "datagram/descriptors.h"

#include <cstdint>
#include <cstring>

#ifndef SCM_PIDFD
#define SCM_PIDFD 0x04
#endif

namespace sockctl {
namespace {

int FdAt(const cmsghdr& header, size_t index) {
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(&header) + index * sizeof fd, sizeof fd);
  return fd;
}

}  // namespace

bool HasDescriptors(const cmsghdr& header) {
  return header.cmsg_level == SOL_SOCKET && (header.cmsg_type == SCM_RIGHTS || header.cmsg_type == SCM_PIDFD);
}

ReceivedDescriptors TakeDescriptors(msghdr& message) {
  ReceivedDescriptors taken;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (!HasDescriptors(*header)) continue;
    // If the room is short the kernel says less than it has, and never more.
    const size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t index = 0; index < count; ++index) {
      // Instead of a pidfd the kernel may give an errno, below 0.
      const int fd = FdAt(*header, index);
      if (fd < 0) continue;
      if (header->cmsg_type == SCM_RIGHTS)
        taken.rights.emplace_back(UniqueFd(fd));
      else
        taken.pidfd = OwnedFd(UniqueFd(fd));
    }
  }
  return taken;
}

}  // namespace sockctl
