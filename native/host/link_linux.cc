// Links on Linux: packet socket addresses, and an index by ioctl.
#include "host/link.h"

#include <netpacket/packet.h>
#include <sys/ioctl.h>

#include <algorithm>

namespace sockctl {

bool IsLinkAddress(const sockaddr& address) { return address.sa_family == AF_PACKET; }

std::vector<uint8_t> LinkAddress(const sockaddr& address) {
  sockaddr_ll link{};
  std::memcpy(&link, &address, sizeof link);
  return {link.sll_addr, link.sll_addr + std::min<size_t>(link.sll_halen, sizeof link.sll_addr)};
}

// Not if_nametoindex, which opens a descriptor of its own: there may be no other left.
unsigned LinkIndex(int socket, const std::string& name) {
  ifreq request = LinkRequest(name);
  return ioctl(socket, SIOCGIFINDEX, &request) == 0 ? static_cast<unsigned>(request.ifr_ifindex) : 0;
}

}  // namespace sockctl
