// Addresses of the families that every system has: IPv4, IPv6 and Unix.
#include "socket/socket_address.h"

#include <sys/un.h>

#include <cstddef>
#include <string>

#include "base/fields.h"
#include "base/unix_path.h"

namespace sockctl {
namespace {

constexpr size_t kPathOffset = offsetof(sockaddr_un, sun_path);

// Without a path Linux chooses an abstract name. A path that begins with NUL is an abstract name: its bytes are
// counted, so it may fill sun_path and have further NULs. Any other path ends in a NUL, which needs room.
SocketAddress ReadUnix(const Napi::Object& value) {
  const std::string path = value.Get("path").ToString();
  sockaddr_un own{};
  own.sun_family = AF_UNIX;
  const bool named = !path.empty() && path.front() != '\0';
  const size_t size = path.size() + (named ? 1 : 0);
  if (size > sizeof own.sun_path) throw Napi::RangeError::New(value.Env(), "the path is too long");
  std::memcpy(own.sun_path, path.data(), path.size());
  return SocketAddress::From(own, kPathOffset + size);
}

}  // namespace

SocketAddress ReadSocketAddress(int family, const Napi::Value& value) {
  if (!value.IsObject()) throw Napi::TypeError::New(value.Env(), "an object is needed");
  const auto object = value.As<Napi::Object>();
  SocketAddress address;
  if (family == AF_INET || family == AF_INET6) {
    address.storage = ParseSockaddr(object.Get("address"), ReadInteger<uint16_t>(object.Get("port"), "port"));
    address.length = SockaddrLength(address.storage);
  } else if (family == AF_UNIX) {
    address = ReadUnix(object);
  } else if (!ReadSystemAddress(family, object, address)) {
    throw Napi::RangeError::New(value.Env(), "no address of this family is known");
  }
  return address;
}

Napi::Value ToJs(Napi::Env env, const SocketAddress& address) {
  Napi::Object object = Napi::Object::New(env);
  const int family = address.storage.ss_family;
  if (family == AF_INET || family == AF_INET6) {
    object.Set("address", TextOf(address.storage));
    object.Set("port", Napi::Number::New(env, PortOf(address.storage)));
  } else if (family == AF_UNIX) {
    object.Set("path", UnixPath(address.storage, address.length));
  } else {
    WriteSystemAddress(address, object);
  }
  return object;
}

}  // namespace sockctl
