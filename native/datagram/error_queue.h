#pragma once
#include <napi.h>

namespace sockctl {

Napi::Value ReadErrorQueue(const Napi::CallbackInfo& info);

}  // namespace sockctl
