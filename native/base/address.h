// IP addresses and ports: from JavaScript into sockaddr, and back into text.
#pragma once
#include <napi.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <string>

namespace sockctl {

// Each throws a TypeError that names the value given.
in_addr ParseIn4(const Napi::Value& value);
in6_addr ParseIn6(const Napi::Value& value);
// An IPv4 or IPv6 address, with or without a %zone, and a port.
sockaddr_storage ParseSockaddr(const Napi::Value& address, uint16_t port = 0);
// Writes the length into an address, on systems whose sockaddr has a field for that; does nothing elsewhere.
void SetSockaddrLength(sockaddr& address, socklen_t length);
socklen_t SockaddrLength(const sockaddr_storage& address);

std::string TextOf(const in_addr& address);
std::string TextOf(const in6_addr& address);
// Empty if the family is neither IPv4 nor IPv6.
std::string TextOf(const sockaddr_storage& address);
// Bytes in hexadecimal with colons between them, as a MAC is written.
std::string HardwareAddressText(const uint8_t* bytes, size_t length);
uint16_t PortOf(const sockaddr_storage& address);

}  // namespace sockctl
