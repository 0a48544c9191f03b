#pragma once
#include <napi.h>

namespace sockctl {

Napi::Value Encode(const Napi::CallbackInfo& info);
Napi::Value Decode(const Napi::CallbackInfo& info);

}  // namespace sockctl
