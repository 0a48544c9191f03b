// Hands a descriptor that a message brought to its owner.
#pragma once
#include <napi.h>

namespace sockctl {

Napi::Value TakeDescriptor(const Napi::CallbackInfo& info);

}  // namespace sockctl
