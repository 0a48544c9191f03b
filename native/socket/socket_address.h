#pragma once
#include <napi.h>
#include <sys/socket.h>

namespace sockctl {

// A sockaddr of any family that `openSocket` knows, and how much of it counts.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = sizeof(sockaddr_storage);

  [[nodiscard]] sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

// { address, port } | { path } | { pid, groups } | { interface, protocol } | { cid, port }
SocketAddress ReadSocketAddress(int family, const Napi::Value& value);
Napi::Value ToJs(Napi::Env env, const SocketAddress& address);

}  // namespace sockctl
