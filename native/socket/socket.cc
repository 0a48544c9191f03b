// Each function makes one system call and answers errno, or throws it.
#include "socket/socket.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "base/fields.h"
#include "base/open_descriptor.h"
#include "socket/socket_address.h"

namespace sockctl {
namespace {

int FdOf(const Napi::CallbackInfo& info) { return ReadInteger<int>(info[0], "fd"); }

Napi::Value Outcome(Napi::Env env, int result) { return Napi::Number::New(env, result == 0 ? 0 : errno); }

Napi::Value ThrowErrno(Napi::Env env) {
  napi_throw(env, Napi::Number::New(env, errno));
  return {};
}

// Makes a descriptor nonblocking, and closed by exec. If that fails, errno says why, and both flags stay as they were.
bool SetFlags(int fd) {
  const int of_descriptor = fcntl(fd, F_GETFD);
  const int of_file = fcntl(fd, F_GETFL);
  if (of_descriptor < 0 || of_file < 0 || fcntl(fd, F_SETFD, of_descriptor | FD_CLOEXEC) != 0) return false;
  if (fcntl(fd, F_SETFL, of_file | O_NONBLOCK) == 0) return true;
  const int error = errno;
  fcntl(fd, F_SETFD, of_descriptor);
  errno = error;
  return false;
}

Napi::Value AskAddress(const Napi::CallbackInfo& info, int (*ask)(int, sockaddr*, socklen_t*)) {
  SocketAddress address;
  if (ask(FdOf(info), address.get(), &address.length) != 0) return ThrowErrno(info.Env());
  return ToJs(info.Env(), address);
}

}  // namespace

Napi::Function Socket::Define(Napi::Env env) {
  return DefineClass(env, "Socket",
                     {
                         InstanceMethod<&Socket::Open>("open"),
                         InstanceMethod<&Socket::Adopt>("adopt"),
                         InstanceMethod<&Socket::Accept>("accept"),
                         InstanceAccessor<&Socket::Descriptor>("fd"),
                         InstanceMethod<&Socket::Release>("release"),
                         InstanceMethod<&Socket::Close>("close"),
                     });
}

Socket::Socket(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Socket>(info) {
  napi_add_env_cleanup_hook(info.Env(), OnExit, this);
}

Socket::~Socket() { napi_remove_env_cleanup_hook(Env(), OnExit, this); }

// (family, type, protocol) -> errno
Napi::Value Socket::Open(const Napi::CallbackInfo& info) {
  MustOwnNone(info.Env());
  fd_ = OwnedFd(OpenDescriptor(ReadInteger<int>(info[0], "family"), ReadInteger<int>(info[1], "type"),
                               ReadInteger<int>(info[2], "protocol")));
  return Outcome(info.Env(), fd_.valid() ? 0 : -1);
}

// (fd) -> errno; EBUSY if another Socket has the descriptor. Takes the descriptor over last: if the answer is an errno,
// the descriptor is as it was, and its owner's.
Napi::Value Socket::Adopt(const Napi::CallbackInfo& info) {
  MustOwnNone(info.Env());
  const int fd = FdOf(info);
  if (fd < 0) return Napi::Number::New(info.Env(), EBADF);
  OwnedFd adopted = OwnedFd::Adopt(fd);
  if (!adopted.valid()) return Napi::Number::New(info.Env(), EBUSY);
  if (!SetFlags(adopted.get())) {
    const int error = errno;
    adopted.release();
    return Napi::Number::New(info.Env(), error);
  }
  fd_ = std::move(adopted);
  return Napi::Number::New(info.Env(), 0);
}

// (fd of a listening socket) -> errno; EAGAIN if no connection waits
Napi::Value Socket::Accept(const Napi::CallbackInfo& info) {
  MustOwnNone(info.Env());
  fd_ = OwnedFd(AcceptDescriptor(FdOf(info)));
  return Outcome(info.Env(), fd_.valid() ? 0 : -1);
}

void Socket::Own(Napi::Env env, OwnedFd fd) {
  MustOwnNone(env);
  fd_ = std::move(fd);
}

void Socket::MustOwnNone(Napi::Env env) const {
  if (fd_.valid()) throw Napi::Error::New(env, "this socket is open");
}

Napi::Value Socket::Descriptor(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), fd_.get()); }

Napi::Value Socket::Release(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), fd_.release()); }

// (callback). Closes on a worker thread: close waits for SO_LINGER, and for the kernel's network lock if the socket is
// in groups or is a packet socket.
void Socket::Close(const Napi::CallbackInfo& info) {
  MustBeOpen(info.Env());
  closing_ = std::move(fd_);
  Start(Value(), info[0], "sockctl.Socket");
}

void Socket::Work() { closing_ = OwnedFd(); }

// The environment ends. Deno finalizes no object then.
void Socket::OnExit(void* socket) { const OwnedFd closed = std::move(static_cast<Socket*>(socket)->fd_); }

// (type, socket, socket) -> errno. Two Unix sockets that are connected to each other.
Napi::Value SocketPair(const Napi::CallbackInfo& info) {
  Socket* const one = Socket::Unwrap(info[1].As<Napi::Object>());
  Socket* const other = Socket::Unwrap(info[2].As<Napi::Object>());
  auto [first, second] = OpenPair(ReadInteger<int>(info[0], "type"));
  if (!first.valid()) return Outcome(info.Env(), -1);
  one->Own(info.Env(), OwnedFd(std::move(first)));
  other->Own(info.Env(), OwnedFd(std::move(second)));
  return Outcome(info.Env(), 0);
}

// (fd) -> 256 * family + type; throws errno, a number. The family is in the local address, on every system.
Napi::Value Kind(const Napi::CallbackInfo& info) {
  const int fd = FdOf(info);
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  int type = 0;
  socklen_t size = sizeof type;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0 ||
      getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0)
    return ThrowErrno(info.Env());
  return Napi::Number::New(info.Env(), address.ss_family * 256 + type);
}

// (fd, family, address) -> errno
Napi::Value Bind(const Napi::CallbackInfo& info) {
  SocketAddress address = ReadSocketAddress(ReadInteger<int>(info[1], "family"), info[2]);
  return Outcome(info.Env(), bind(FdOf(info), address.get(), address.length));
}

// (fd, backlog) -> errno
Napi::Value Listen(const Napi::CallbackInfo& info) {
  return Outcome(info.Env(), listen(FdOf(info), ReadInteger<int>(info[1], "backlog")));
}

// (fd, family, address) -> errno; EINPROGRESS if the outcome is still to come
Napi::Value Connect(const Napi::CallbackInfo& info) {
  SocketAddress address = ReadSocketAddress(ReadInteger<int>(info[1], "family"), info[2]);
  return Outcome(info.Env(), connect(FdOf(info), address.get(), address.length));
}

// (fd) -> errno. The datagram socket takes datagrams from any address again.
Napi::Value Disconnect(const Napi::CallbackInfo& info) {
  SocketAddress nobody;
  nobody.storage.ss_family = AF_UNSPEC;
  return Outcome(info.Env(), connect(FdOf(info), nobody.get(), sizeof(sockaddr)));
}

// (family, address) -> the sockaddr's bytes
Napi::Value EncodeAddress(const Napi::CallbackInfo& info) {
  SocketAddress address = ReadSocketAddress(ReadInteger<int>(info[0], "family"), info[1]);
  return Napi::Buffer<uint8_t>::Copy(info.Env(), reinterpret_cast<const uint8_t*>(address.get()), address.length);
}

// (bytes of a sockaddr) -> address
Napi::Value DecodeAddress(const Napi::CallbackInfo& info) {
  const auto bytes = info[0].As<Napi::Uint8Array>();
  SocketAddress address;
  if (bytes.ByteLength() > sizeof address.storage) throw Napi::RangeError::New(info.Env(), "this is no sockaddr");
  std::copy_n(bytes.Data(), bytes.ByteLength(), reinterpret_cast<uint8_t*>(address.get()));
  address.length = static_cast<socklen_t>(bytes.ByteLength());
  return ToJs(info.Env(), address);
}

// (fd) -> address; throws errno, a number
Napi::Value LocalAddress(const Napi::CallbackInfo& info) { return AskAddress(info, getsockname); }

// (fd) -> address; throws errno, a number
Napi::Value RemoteAddress(const Napi::CallbackInfo& info) { return AskAddress(info, getpeername); }

}  // namespace sockctl
