// Addresses of the families that only macOS has: none that `openSocket` knows.
#include "socket/socket_address.h"

namespace sockctl {

bool ReadSystemAddress(int /*family*/, const Napi::Object& /*object*/, SocketAddress& /*address*/) { return false; }
bool WriteSystemAddress(const SocketAddress& /*address*/, Napi::Object& /*object*/) { return false; }

}  // namespace sockctl
