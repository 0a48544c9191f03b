// Sends datagrams, many with one call.
#pragma once
#include <napi.h>

namespace sockctl {

Napi::Value SendDatagrams(const Napi::CallbackInfo& info);
Napi::Value EncodeSockaddr(const Napi::CallbackInfo& info);

}  // namespace sockctl
