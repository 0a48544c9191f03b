// By which interface a destination is reached: route_linux.cc, route_darwin.cc.
#pragma once
#include <sys/socket.h>

namespace sockctl {

// The index of the interface by which the kernel would send to `destination`, or -errno.
int RouteInterface(const sockaddr_storage& destination);

}  // namespace sockctl
