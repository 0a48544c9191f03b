// Reads the error queue of a socket: errors that came back, and times of sending.
#pragma once
#include <napi.h>

namespace sockctl {

Napi::Value ReadErrorQueue(const Napi::CallbackInfo& info);

}  // namespace sockctl
