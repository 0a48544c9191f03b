// The source of a message, in the numbers of a row of the table that JavaScript reads.
#include "datagram/source.h"

#include <linux/netlink.h>
#include <linux/vm_sockets.h>
#include <netpacket/packet.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "base/address.h"

namespace sockctl {
namespace {

template <class T>
T As(const sockaddr_storage& address, socklen_t length) {
  T own{};
  std::memcpy(&own, &address, std::min<size_t>(sizeof own, length));
  return own;
}

SourceNumbers ReadPacket(const sockaddr_storage& sender, socklen_t length, AddressTable& addresses) {
  const auto own = As<sockaddr_ll>(sender, length);
  // A hardware address may be longer than sll_addr.
  constexpr size_t kStart = offsetof(sockaddr_ll, sll_addr);
  const size_t room = length > kStart ? length - kStart : 0;
  const auto* bytes = reinterpret_cast<const uint8_t*>(&sender) + kStart;
  const AddressKey hardware = HardwareAddressKey(bytes, std::min<size_t>(own.sll_halen, room));
  return {static_cast<int32_t>(addresses.NumberOf(hardware)), ntohs(own.sll_protocol), own.sll_ifindex,
          own.sll_pkttype};
}

}  // namespace

SourceNumbers ReadSource(int family, const sockaddr_storage& sender, socklen_t length, AddressTable& addresses) {
  const bool named = length >= sizeof sender.ss_family && sender.ss_family == family;
  switch (family) {
    case AF_PACKET:
      return named ? ReadPacket(sender, length, addresses)
                   : SourceNumbers{static_cast<int32_t>(addresses.NumberOf(AddressKey{})), 0, 0, 0};
    case AF_NETLINK: {
      if (!named) return {};
      const auto own = As<sockaddr_nl>(sender, length);
      return {static_cast<int32_t>(own.nl_pid), static_cast<int32_t>(own.nl_groups), 0, 0};
    }
    case AF_VSOCK: {
      if (!named) return {};
      const auto own = As<sockaddr_vm>(sender, length);
      return {static_cast<int32_t>(own.svm_cid), static_cast<int32_t>(own.svm_port), 0, 0};
    }
    case AF_UNIX:
      return {named && length > sizeof sender.ss_family ? 1 : 0, 0, 0, 0};
    default:
      // IPv4 or IPv6. Of another family the key is that of no address.
      return {static_cast<int32_t>(addresses.NumberOf(AddressKeyOf(sender))), PortOf(sender), 0, 0};
  }
}

}  // namespace sockctl
