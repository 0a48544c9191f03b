#pragma once
#include <napi.h>

namespace sockctl {

Napi::Value Kind(const Napi::CallbackInfo& info);

}  // namespace sockctl
