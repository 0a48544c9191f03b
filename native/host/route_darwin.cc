// Finds a route on macOS by connecting a datagram socket: the kernel binds it to an address of the interface.
#include "host/route.h"

#include <netinet/in.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/open_descriptor.h"
#include "host/interfaces.h"

namespace sockctl {

int RouteInterface(const sockaddr_storage& destination) {
  sockaddr_storage address = destination;
  const uint16_t port = htons(9);
  std::memcpy(reinterpret_cast<uint8_t*>(&address) + offsetof(sockaddr_in, sin_port), &port, sizeof port);
  const UniqueFd socket = OpenDescriptor(address.ss_family, SOCK_DGRAM, 0);
  if (!socket.valid()) return -errno;
  socklen_t length = SockaddrLength(address);
  if (connect(socket.get(), reinterpret_cast<sockaddr*>(&address), length) != 0) return -errno;
  if (getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &length) != 0) return -errno;
  const std::string text = TextOf(address);
  std::vector<Interface> interfaces;
  if (const int error = ListInterfaces(interfaces); error != 0) return -error;
  for (const Interface& item : interfaces)
    for (const InterfaceAddress& entry : item.addresses)
      if (entry.address == text) return static_cast<int>(item.index);
  return -ENETUNREACH;
}

}  // namespace sockctl
