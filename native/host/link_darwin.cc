// Links on macOS: link-level addresses, and an index by name.
#include "host/link.h"

#include <net/if_dl.h>

namespace sockctl {

bool IsLinkAddress(const sockaddr& address) { return address.sa_family == AF_LINK; }

std::vector<uint8_t> LinkAddress(const sockaddr& address) {
  const auto& link = reinterpret_cast<const sockaddr_dl&>(address);
  const auto* bytes = reinterpret_cast<const uint8_t*>(LLADDR(&link));
  return {bytes, bytes + link.sdl_alen};
}

unsigned LinkIndex(int /*socket*/, const std::string& name) { return if_nametoindex(name.c_str()); }

}  // namespace sockctl
