#include "socket/socket_address.h"

#include <arpa/inet.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>

#include "base/fields.h"
#ifdef __linux__
#include <linux/netlink.h>
#include <linux/vm_sockets.h>
#include <netpacket/packet.h>
#endif

namespace sockctl {
namespace {

constexpr size_t kPath = offsetof(sockaddr_un, sun_path);

template <class T>
SocketAddress Wrap(const T& own, size_t length = sizeof(T)) {
  static_assert(sizeof own <= sizeof(sockaddr_storage));
  SocketAddress address;
  std::memcpy(&address.storage, &own, sizeof own);
  address.length = static_cast<socklen_t>(length);
#ifdef __APPLE__
  address.get()->sa_len = static_cast<uint8_t>(length);
#endif
  return address;
}

template <class T>
T Unwrap(const SocketAddress& address) {
  T own{};
  std::memcpy(&own, &address.storage, std::min<size_t>(sizeof own, address.length));
  return own;
}

// No path at all lets Linux choose an abstract name; one that begins with NUL is abstract.
SocketAddress ReadUnix(const Napi::Object& value) {
  const std::string path = value.Get("path").ToString();
  sockaddr_un own{};
  own.sun_family = AF_UNIX;
  if (path.size() >= sizeof own.sun_path) throw Napi::RangeError::New(value.Env(), "the path is too long");
  std::memcpy(own.sun_path, path.data(), path.size());
  const bool named = !path.empty() && path.front() != '\0';
  return Wrap(own, kPath + path.size() + (named ? 1 : 0));
}

std::string UnixPath(const SocketAddress& address) {
  if (address.length <= kPath) return {};
  const auto own = Unwrap<sockaddr_un>(address);
  const size_t room = std::min<size_t>(address.length - kPath, sizeof own.sun_path);
  return {own.sun_path, own.sun_path[0] == '\0' ? room : strnlen(own.sun_path, room)};
}

}  // namespace

SocketAddress ReadSocketAddress(int family, const Napi::Value& value) {
  if (!value.IsObject()) throw Napi::TypeError::New(value.Env(), "an object is needed");
  const auto object = value.As<Napi::Object>();
  const auto number = [&](const char* name) { return ReadInteger<uint32_t>(object.Get(name), name); };
  switch (family) {
    case AF_INET:
    case AF_INET6: {
      SocketAddress address;
      address.storage = ParseSockaddr(object.Get("address"), ReadInteger<uint16_t>(object.Get("port"), "port"));
      address.length = SockaddrLength(address.storage);
      return address;
    }
    case AF_UNIX:
      return ReadUnix(object);
#ifdef __linux__
    case AF_NETLINK: {
      sockaddr_nl own{};
      own.nl_family = AF_NETLINK;
      own.nl_pid = number("pid");
      own.nl_groups = number("groups");
      return Wrap(own);
    }
    case AF_PACKET: {
      sockaddr_ll own{};
      own.sll_family = AF_PACKET;
      own.sll_protocol = htons(ReadInteger<uint16_t>(object.Get("protocol"), "protocol"));
      own.sll_ifindex = ReadInteger<int>(object.Get("interface"), "interface");
      return Wrap(own);
    }
    case AF_VSOCK: {
      sockaddr_vm own{};
      own.svm_family = AF_VSOCK;
      own.svm_cid = number("cid");
      own.svm_port = number("port");
      return Wrap(own);
    }
#endif
    default:
      throw Napi::RangeError::New(value.Env(), "no address of this family is known");
  }
}

Napi::Value ToJs(Napi::Env env, const SocketAddress& address) {
  const Napi::Object object = Napi::Object::New(env);
  const auto set = [&](const char* name, double number) { object.Set(name, Napi::Number::New(env, number)); };
  switch (address.storage.ss_family) {
    case AF_INET:
    case AF_INET6:
      object.Set("address", TextOf(address.storage));
      set("port", PortOf(address.storage));
      break;
    case AF_UNIX:
      object.Set("path", UnixPath(address));
      break;
#ifdef __linux__
    case AF_NETLINK: {
      const auto own = Unwrap<sockaddr_nl>(address);
      set("pid", own.nl_pid);
      set("groups", own.nl_groups);
      break;
    }
    case AF_PACKET: {
      const auto own = Unwrap<sockaddr_ll>(address);
      set("protocol", ntohs(own.sll_protocol));
      set("interface", own.sll_ifindex);
      break;
    }
    case AF_VSOCK: {
      const auto own = Unwrap<sockaddr_vm>(address);
      set("cid", own.svm_cid);
      set("port", own.svm_port);
      break;
    }
#endif
    default:
      break;
  }
  return object;
}

}  // namespace sockctl
