// macOS has no families here beside the common ones.
#include "socket/socket_address.h"

namespace sockctl {

bool ReadSystemAddress(int /*family*/, const Napi::Object& /*object*/, SocketAddress& /*address*/) { return false; }
bool WriteSystemAddress(const SocketAddress& /*address*/, Napi::Object& /*object*/) { return false; }

}  // namespace sockctl
