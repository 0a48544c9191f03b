#pragma once
#include <napi.h>

namespace sockctl {

// The two of an option, which is their data.
Napi::Value SetSync(const Napi::CallbackInfo& info);
Napi::Value GetSync(const Napi::CallbackInfo& info);
Napi::Value Encode(const Napi::CallbackInfo& info);
Napi::Value Decode(const Napi::CallbackInfo& info);

}  // namespace sockctl
