// Which descriptor of this process a duplicate was made of.
#pragma once
#include <napi.h>

namespace sockctl {

Napi::Value OriginalDescriptor(const Napi::CallbackInfo& info);

}  // namespace sockctl
