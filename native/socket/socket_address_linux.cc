// Addresses of the families that only Linux has: netlink, packet and vsock.
#include "socket/socket_address.h"

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <linux/vm_sockets.h>
#include <netpacket/packet.h>

#include "base/fields.h"

namespace sockctl {

bool ReadSystemAddress(int family, const Napi::Object& object, SocketAddress& address) {
  const auto number = [&](const char* name) { return ReadInteger<uint32_t>(object.Get(name), name); };
  if (family == AF_NETLINK) {
    sockaddr_nl own{};
    own.nl_family = AF_NETLINK;
    own.nl_pid = number("pid");
    own.nl_groups = number("groups");
    address = SocketAddress::From(own);
  } else if (family == AF_PACKET) {
    sockaddr_ll own{};
    own.sll_family = AF_PACKET;
    own.sll_protocol = htons(ReadInteger<uint16_t>(object.Get("protocol"), "protocol"));
    own.sll_ifindex = ReadInteger<int>(object.Get("interface"), "interface");
    const Napi::Value hardware = object.Get("hardwareAddress");
    if (!hardware.IsUndefined()) {
      const auto bytes = hardware.As<Napi::Uint8Array>();
      if (bytes.ByteLength() > sizeof own.sll_addr)
        throw Napi::RangeError::New(object.Env(), "hardwareAddress is longer than 8 bytes");
      own.sll_halen = static_cast<uint8_t>(bytes.ByteLength());
      std::copy_n(bytes.Data(), bytes.ByteLength(), own.sll_addr);
    }
    address = SocketAddress::From(own);
  } else if (family == AF_VSOCK) {
    sockaddr_vm own{};
    own.svm_family = AF_VSOCK;
    own.svm_cid = number("cid");
    own.svm_port = number("port");
    address = SocketAddress::From(own);
  } else {
    return false;
  }
  return true;
}

bool WriteSystemAddress(const SocketAddress& address, Napi::Object& object) {
  const auto set = [&](const char* name, double number) { object.Set(name, number); };
  if (address.storage.ss_family == AF_NETLINK) {
    const auto own = address.As<sockaddr_nl>();
    set("pid", own.nl_pid);
    set("groups", own.nl_groups);
  } else if (address.storage.ss_family == AF_PACKET) {
    const auto own = address.As<sockaddr_ll>();
    set("protocol", ntohs(own.sll_protocol));
    set("interface", own.sll_ifindex);
    object.Set("hardwareAddress",
               HardwareAddressText(own.sll_addr, std::min<size_t>(own.sll_halen, sizeof own.sll_addr)));
  } else if (address.storage.ss_family == AF_VSOCK) {
    const auto own = address.As<sockaddr_vm>();
    set("cid", own.svm_cid);
    set("port", own.svm_port);
  } else {
    return false;
  }
  return true;
}

}  // namespace sockctl
