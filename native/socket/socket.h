// Sockets: one that is opened or adopted here and closed here, and calls on any descriptor.
#pragma once
#include <napi.h>

#include "base/async_work.h"
#include "base/owned_fd.h"

namespace sockctl {

// Owns a descriptor. It is closed by `close`, or when the object or its thread ends, unless `release` has given it to
// another owner.
class Socket : public Napi::ObjectWrap<Socket>, private AsyncWork {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit Socket(const Napi::CallbackInfo& info);
  ~Socket() override;
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  // Owns a descriptor that is open already. Throws if this owns one.
  void Own(Napi::Env env, OwnedFd fd);

 private:
  Napi::Value Open(const Napi::CallbackInfo& info);
  Napi::Value Adopt(const Napi::CallbackInfo& info);
  Napi::Value Accept(const Napi::CallbackInfo& info);
  void MustOwnNone(Napi::Env env) const;
  Napi::Value Descriptor(const Napi::CallbackInfo& info);
  Napi::Value Release(const Napi::CallbackInfo& info);
  void Close(const Napi::CallbackInfo& info);
  void Work() override;
  static void OnExit(void* socket);

  OwnedFd fd_;
  OwnedFd closing_;
};

// These take the descriptor of any socket, whoever owns it. Calls that change something answer 0, or errno.
Napi::Value SocketPair(const Napi::CallbackInfo& info);
Napi::Value Kind(const Napi::CallbackInfo& info);
Napi::Value Bind(const Napi::CallbackInfo& info);
Napi::Value Listen(const Napi::CallbackInfo& info);
Napi::Value Connect(const Napi::CallbackInfo& info);
Napi::Value Disconnect(const Napi::CallbackInfo& info);
Napi::Value EncodeAddress(const Napi::CallbackInfo& info);
Napi::Value DecodeAddress(const Napi::CallbackInfo& info);
Napi::Value LocalAddress(const Napi::CallbackInfo& info);
Napi::Value RemoteAddress(const Napi::CallbackInfo& info);

}  // namespace sockctl
