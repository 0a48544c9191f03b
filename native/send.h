#pragma once
#ifdef __linux__
#include <napi.h>

namespace sockctl {

Napi::Value SendDatagrams(const Napi::CallbackInfo& info);
Napi::Value EncodeSockaddr(const Napi::CallbackInfo& info);

}  // namespace sockctl
#endif
