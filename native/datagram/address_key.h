// An address that addresses are compared and found by, whatever its family.
#pragma once
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace sockctl {

enum class AddressKind : uint8_t { kIpv6, kIpv4, kHardware };

// IPv4 mapped into IPv6; IPv6 with the zone of a link-local address; or the first bytes of a hardware address, with
// their number as the zone.
struct AddressKey {
  in6_addr address;
  uint32_t zone;
  AddressKind kind;
};

inline bool operator==(const AddressKey& left, const AddressKey& right) {
  return left.zone == right.zone && left.kind == right.kind &&
         std::memcmp(&left.address, &right.address, sizeof left.address) == 0;
}

inline AddressKey AddressKeyOf(const in_addr& address) {
  AddressKey key{};
  key.kind = AddressKind::kIpv4;
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
  return {in6.sin6_addr, in6.sin6_scope_id, AddressKind::kIpv6};
}

inline AddressKey HardwareAddressKey(const uint8_t* bytes, size_t length) {
  AddressKey key{};
  key.kind = AddressKind::kHardware;
  key.zone = static_cast<uint32_t>(std::min(length, sizeof key.address));
  std::copy_n(bytes, key.zone, key.address.s6_addr);
  return key;
}

}  // namespace sockctl
