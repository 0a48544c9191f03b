// Whether a descriptor has an owner already.
#pragma once
#include <napi.h>

namespace sockctl {

Napi::Value HasOwner(const Napi::CallbackInfo& info);

}  // namespace sockctl
