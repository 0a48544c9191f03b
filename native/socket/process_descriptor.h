// A duplicate of a descriptor of another process.
#pragma once
#include <napi.h>

namespace sockctl {

Napi::Value DuplicateOfProcess(const Napi::CallbackInfo& info);

}  // namespace sockctl
