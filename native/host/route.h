#pragma once
#include <sys/socket.h>

namespace sockctl {

// The interface the kernel would send to `destination` by: its index, or -errno.
int RouteInterface(const sockaddr_storage& destination);

}  // namespace sockctl
