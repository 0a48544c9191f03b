// IP addresses are parsed and written by the C library; a zone is the name or the index of an interface.
#include "base/address.h"

#include <arpa/inet.h>
#include <net/if.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <string_view>

namespace sockctl {
namespace {

constexpr size_t kMaxText = INET6_ADDRSTRLEN + 1 + IF_NAMESIZE;
using Text = std::array<char, kMaxText + 1>;

Napi::TypeError NotAnAddress(const Napi::Value& value, const char* expected) {
  const std::string given = value.IsString() ? "'" + value.As<Napi::String>().Utf8Value() + "'" : "that value";
  return Napi::TypeError::New(value.Env(), given + " is not " + expected);
}

bool ReadText(const Napi::Value& value, Text& text) {
  size_t length = 0;
  return napi_get_value_string_utf8(value.Env(), value, text.data(), text.size(), &length) == napi_ok &&
         length < kMaxText && std::strlen(text.data()) == length;
}

// Cuts "%zone" off the text and sets `scope` to the interface's index, which stays if there is no zone. False if the
// zone is no interface.
bool SplitZone(Text& text, uint32_t& scope) {
  char* percent = std::strchr(text.data(), '%');
  if (percent == nullptr) return true;
  *percent = '\0';
  const char* zone = percent + 1;
  scope = if_nametoindex(zone);
  if (scope != 0) return true;
  char* end = nullptr;
  const unsigned long index = std::strtoul(zone, &end, 10);
  scope = static_cast<uint32_t>(index);
  return end != zone && *end == '\0' && index > 0 && index <= INT32_MAX;
}

}  // namespace

in_addr ParseIn4(const Napi::Value& value) {
  Text text{};
  in_addr address{};
  if (!ReadText(value, text) || inet_pton(AF_INET, text.data(), &address) != 1)
    throw NotAnAddress(value, "an IPv4 address");
  return address;
}

in6_addr ParseIn6(const Napi::Value& value) {
  Text text{};
  uint32_t ignored = 0;
  in6_addr address{};
  if (!ReadText(value, text) || !SplitZone(text, ignored) || inet_pton(AF_INET6, text.data(), &address) != 1)
    throw NotAnAddress(value, "an IPv6 address");
  return address;
}

sockaddr_storage ParseSockaddr(const Napi::Value& value, uint16_t port) {
  Text text{};
  sockaddr_storage storage{};
  if (!ReadText(value, text)) throw NotAnAddress(value, "an IPv4 or IPv6 address");
  sockaddr_in in4{};
  if (inet_pton(AF_INET, text.data(), &in4.sin_addr) == 1) {
    in4.sin_family = AF_INET;
    in4.sin_port = htons(port);
    std::memcpy(&storage, &in4, sizeof in4);
    SetSockaddrLength(reinterpret_cast<sockaddr&>(storage), sizeof in4);
    return storage;
  }
  sockaddr_in6 in6{};
  if (!SplitZone(text, in6.sin6_scope_id) || inet_pton(AF_INET6, text.data(), &in6.sin6_addr) != 1)
    throw NotAnAddress(value, "an IPv4 or IPv6 address");
  in6.sin6_family = AF_INET6;
  in6.sin6_port = htons(port);
  std::memcpy(&storage, &in6, sizeof in6);
  SetSockaddrLength(reinterpret_cast<sockaddr&>(storage), sizeof in6);
  return storage;
}

void SetSockaddrLength([[maybe_unused]] sockaddr& address, [[maybe_unused]] socklen_t length) {
#ifdef __APPLE__
  address.sa_len = static_cast<uint8_t>(length);
#endif
}

socklen_t SockaddrLength(const sockaddr_storage& address) {
  return address.ss_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
}

std::string TextOf(const in_addr& address) {
  std::array<char, INET_ADDRSTRLEN> text{};
  return inet_ntop(AF_INET, &address, text.data(), text.size());
}

std::string TextOf(const in6_addr& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  return inet_ntop(AF_INET6, &address, text.data(), text.size());
}

std::string TextOf(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    sockaddr_in in4{};
    std::memcpy(&in4, &address, sizeof in4);
    return TextOf(in4.sin_addr);
  }
  if (address.ss_family != AF_INET6) return {};
  sockaddr_in6 in6{};
  std::memcpy(&in6, &address, sizeof in6);
  std::string text = TextOf(in6.sin6_addr);
  if (in6.sin6_scope_id != 0) {
    std::array<char, IF_NAMESIZE> name{};
    const char* zone = if_indextoname(in6.sin6_scope_id, name.data());
    text += "%" + (zone != nullptr ? std::string(zone) : std::to_string(in6.sin6_scope_id));
  }
  return text;
}

std::string HardwareAddressText(const uint8_t* bytes, size_t length) {
  std::string text;
  for (size_t index = 0; index < length; ++index) {
    std::array<char, 4> pair{};
    static_cast<void>(std::snprintf(pair.data(), pair.size(), index == 0 ? "%02x" : ":%02x", bytes[index]));
    text += pair.data();
  }
  return text;
}

uint16_t PortOf(const sockaddr_storage& address) {
  sockaddr_in in4{};  // sin_port and sin6_port are at the same offset
  std::memcpy(&in4, &address, sizeof in4);
  return ntohs(in4.sin_port);
}

}  // namespace sockctl
