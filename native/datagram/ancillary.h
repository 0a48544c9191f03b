#pragma once
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <vector>

namespace sockctl {

// An address as a key: IPv4 mapped into IPv6, with the zone where it has one.
struct AddressKey {
  in6_addr address;
  uint32_t zone;
  bool ipv4;
};

AddressKey AddressKeyOf(const in_addr& address);
AddressKey AddressKeyOf(const sockaddr_storage& address);

struct ControlMessage {
  int level;
  int type;
  std::vector<uint8_t> data;
};

// What the control messages of one datagram say. Negative, or false: not said.
struct Ancillary {
  bool has_destination;
  AddressKey destination;
  bool broadcast;
  int32_t interface;
  int32_t hop_limit;
  int32_t traffic_class;
  int32_t segment;
  bool has_original;
  AddressKey original;
  uint16_t original_port;
  bool has_timestamp;
  bool has_hardware_timestamp;
  int64_t timestamp;
  int64_t hardware_timestamp;
};

// Reads them all; what has no field above goes to `others`.
Ancillary ReadAncillary(msghdr& message, std::vector<ControlMessage>& others);

}  // namespace sockctl
