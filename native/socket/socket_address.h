// Addresses of any family that `openSocket` knows.
#pragma once
#include <napi.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "base/address.h"

namespace sockctl {

// A sockaddr of any family, and how many of its bytes are used.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = sizeof(sockaddr_storage);

  // From the struct of one family, and back into it.
  template <class T>
  static SocketAddress From(const T& own, size_t length = sizeof(T)) {
    static_assert(sizeof own <= sizeof(sockaddr_storage));
    SocketAddress address;
    std::memcpy(&address.storage, &own, sizeof own);
    address.length = static_cast<socklen_t>(length);
    SetSockaddrLength(*address.get(), address.length);
    return address;
  }
  template <class T>
  [[nodiscard]] T As() const {
    T own{};
    std::memcpy(&own, &storage, std::min<size_t>(sizeof own, length));
    return own;
  }

  [[nodiscard]] sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

// { address, port } | { path } | { pid, groups } | { interface, protocol } | { cid, port }
SocketAddress ReadSocketAddress(int family, const Napi::Value& value);
Napi::Value ToJs(Napi::Env env, const SocketAddress& address);

// The same for the families that only this system has: socket_address_linux.cc, socket_address_darwin.cc. False for
// any other family.
bool ReadSystemAddress(int family, const Napi::Object& object, SocketAddress& address);
bool WriteSystemAddress(const SocketAddress& address, Napi::Object& object);

}  // namespace sockctl
