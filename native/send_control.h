#pragma once
#ifdef __linux__
#include <napi.h>

namespace sockctl {

Napi::Value EncodeSendControl(const Napi::CallbackInfo& info);

}  // namespace sockctl
#endif
