// The descriptors that a message brings: SCM_RIGHTS, SCM_PIDFD. unix(7)
#pragma once
#include <sys/socket.h>

#include <vector>

#include "base/owned_fd.h"

namespace sockctl {

struct ReceivedDescriptors {
  std::vector<OwnedFd> rights;
  OwnedFd pidfd;
};

// Takes all of a message's descriptors, so that none stays open without an owner. Only for messages of a Unix socket,
// fresh from the kernel.
ReceivedDescriptors TakeDescriptors(msghdr& message);

// Whether a control message brings descriptors, which are numbers of this process and mean nothing to anybody else.
bool HasDescriptors(const cmsghdr& header);

}  // namespace sockctl
