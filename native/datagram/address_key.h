// An address that addresses are compared and found by, whatever its family.
#pragma once
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstring>

namespace sockctl {

// IPv4 mapped into IPv6, with the zone of a link-local address.
struct AddressKey {
  in6_addr address;
  uint32_t zone;
  bool ipv4;
};

inline bool operator==(const AddressKey& left, const AddressKey& right) {
  return left.zone == right.zone && left.ipv4 == right.ipv4 &&
         std::memcmp(&left.address, &right.address, sizeof left.address) == 0;
}

inline AddressKey AddressKeyOf(const in_addr& address) {
  AddressKey key{};
  key.ipv4 = true;
  key.address.s6_addr[10] = 0xff;
  key.address.s6_addr[11] = 0xff;
  std::memcpy(&key.address.s6_addr[12], &address, sizeof address);
  return key;
}

inline AddressKey AddressKeyOf(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    sockaddr_in in4{};
    std::memcpy(&in4, &address, sizeof in4);
    return AddressKeyOf(in4.sin_addr);
  }
  sockaddr_in6 in6{};
  if (address.ss_family == AF_INET6) std::memcpy(&in6, &address, sizeof in6);
  return {in6.sin6_addr, in6.sin6_scope_id, false};
}

}  // namespace sockctl
