#pragma once
#include <napi.h>

namespace sockctl {

// Every constant this system has, by its C name.
Napi::Object Constants(Napi::Env env);

}  // namespace sockctl
