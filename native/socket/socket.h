#pragma once
#include <napi.h>

#include "base/async_work.h"
#include "base/unique_fd.h"

namespace sockctl {

// Who closes a descriptor: `close`, the end of the object or of its thread, until `release` hands it to somebody else.
class Socket : public Napi::ObjectWrap<Socket>, private AsyncWork {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit Socket(const Napi::CallbackInfo& info);

 private:
  Napi::Value Open(const Napi::CallbackInfo& info);
  Napi::Value Descriptor(const Napi::CallbackInfo& info);
  Napi::Value Release(const Napi::CallbackInfo& info);
  void Close(const Napi::CallbackInfo& info);
  void Work() override;

  UniqueFd fd_;
  UniqueFd closing_;
};

// On any socket's descriptor, whoever owns it. Those that act return errno, 0 where it went well.
Napi::Value Kind(const Napi::CallbackInfo& info);
Napi::Value Bind(const Napi::CallbackInfo& info);
Napi::Value Listen(const Napi::CallbackInfo& info);
Napi::Value Connect(const Napi::CallbackInfo& info);
Napi::Value Disconnect(const Napi::CallbackInfo& info);
Napi::Value LocalAddress(const Napi::CallbackInfo& info);
Napi::Value RemoteAddress(const Napi::CallbackInfo& info);

}  // namespace sockctl
