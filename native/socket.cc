#include "socket.h"

#include <sys/socket.h>

#include <cerrno>

#include "fields.h"

namespace sockctl {

// (fd) -> 256 * family + type; throws errno, a number. getsockname tells the family on every system.
Napi::Value Kind(const Napi::CallbackInfo& info) {
  const auto fd = ReadInteger<int>(info[0], "fd");
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  int type = 0;
  socklen_t size = sizeof type;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0 ||
      getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0) {
    napi_throw(info.Env(), Napi::Number::New(info.Env(), errno));
    return {};
  }
  return Napi::Number::New(info.Env(), address.ss_family * 256 + type);
}

}  // namespace sockctl
