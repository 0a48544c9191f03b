// The path in a Unix socket's address.
#pragma once
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>

namespace sockctl {

// The path of an address that has `length` bytes, as the kernel tells it: empty if the socket has no name. An abstract
// name begins with NUL, and may have further ones.
inline std::string UnixPath(const sockaddr_storage& address, size_t length) {
  constexpr size_t kPathOffset = offsetof(sockaddr_un, sun_path);
  if (length <= kPathOffset) return {};
  sockaddr_un own{};
  std::memcpy(&own, &address, std::min(sizeof own, length));
  const size_t room = std::min(length - kPathOffset, sizeof own.sun_path);
  return {own.sun_path, own.sun_path[0] == '\0' ? room : strnlen(own.sun_path, room)};
}

}  // namespace sockctl
