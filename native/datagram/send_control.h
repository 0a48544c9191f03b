// Writes the control messages that a datagram is sent with.
#pragma once
#include <napi.h>

namespace sockctl {

Napi::Value EncodeSendControl(const Napi::CallbackInfo& info);

}  // namespace sockctl
