// The source of a message, in the numbers of a row of the table that JavaScript reads.
#pragma once
#include <sys/socket.h>

#include <cstdint>

#include "datagram/address_table.h"

namespace sockctl {

// What the numbers are, by family. lib/datagram/source.ts makes an address of them.
struct SourceNumbers {
  // IPv4, IPv6: the address's number in the table. Packet: the hardware address's. Netlink: the port id. vsock: the
  // context id. Unix: 1 if the sender has a name, else 0.
  int32_t address;
  // IPv4, IPv6, vsock: the port. Packet: the Ethernet protocol. Netlink: the groups.
  int32_t port;
  // Packet: the index of the interface, and the type (PACKET_HOST, ...). Else 0.
  int32_t interface;
  int32_t packet_type;
};

// `length` is msg_namelen: 0 for a sender without a name, and nothing of `sender` counts. The numbers are those of
// `family`, also if the kernel names a sender of another.
SourceNumbers ReadSource(int family, const sockaddr_storage& sender, socklen_t length, AddressTable& addresses);

}  // namespace sockctl
