#pragma once
#ifdef __linux__
#include <napi.h>

namespace sockctl {

Napi::Value ReadErrorQueue(const Napi::CallbackInfo& info);

}  // namespace sockctl
#endif
