// An interface below IP, as each system tells it: link_linux.cc, link_darwin.cc.
#pragma once
#include <net/if.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace sockctl {

// Whether getifaddrs gave a link's address, not an IP address.
bool IsLinkAddress(const sockaddr& address);
// The bytes of a link's address, such as a MAC.
std::vector<uint8_t> LinkAddress(const sockaddr& address);
// 0 with an errno if it can't be told; ENODEV or ENXIO: the interface has gone. `socket` is any socket.
unsigned LinkIndex(int socket, const std::string& name);

// The struct by which ioctl is asked about an interface.
inline ifreq LinkRequest(const std::string& name) {
  ifreq request{};
  std::strncpy(request.ifr_name, name.c_str(), IF_NAMESIZE - 1);
  return request;
}

}  // namespace sockctl
