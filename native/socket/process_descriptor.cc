// A duplicate of a descriptor of another process.
#include "socket/process_descriptor.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "base/fields.h"
#include "base/unique_fd.h"
#include "socket/socket.h"

namespace sockctl {

// (pid, fd, socket) -> 0, and the socket has the duplicate; else errno. The C library may lack both calls.
Napi::Value DuplicateOfProcess(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto pid = ReadInteger<int>(info[0], "pid");
  const auto fd = ReadInteger<int>(info[1], "fd");
  Socket* const owner = Socket::Unwrap(info[2].As<Napi::Object>());
  const UniqueFd process(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  if (!process.valid()) return Napi::Number::New(env, errno);
  UniqueFd duplicate(static_cast<int>(syscall(SYS_pidfd_getfd, process.get(), fd, 0)));
  if (!duplicate.valid()) return Napi::Number::New(env, errno);
  owner->Own(env, OwnedFd(std::move(duplicate)));
  return Napi::Number::New(env, 0);
}

}  // namespace sockctl
