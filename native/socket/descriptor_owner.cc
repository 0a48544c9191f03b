// Looks for the owner of a descriptor: among the addon's own, and among the handles of this thread's event loop.
#include "socket/descriptor_owner.h"

#include <stdexcept>

#include "base/fields.h"
#include "base/owned_fd.h"
#include "datagram/libuv.h"

namespace sockctl {
namespace {

struct Search {
  const Libuv& uv;
  int fd;
  bool found;
};

void Compare(uv_handle_s* handle, void* data) {
  auto& search = *static_cast<Search*>(data);
  int fd = -1;
  // Timers and the like have no descriptor, and handles that are being closed have none any more.
  if (search.uv.fileno(handle, &fd) == 0 && fd == search.fd) search.found = true;
}

bool LoopHas(napi_env env, int fd) {
  uv_loop_s* loop = nullptr;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok) return false;
  try {
    Search search{FindLibuv(), fd, false};
    search.uv.walk(loop, Compare, &search);
    return search.found;
  } catch (const std::runtime_error&) {
    return false;  // a loop that can't be asked
  }
}

}  // namespace

// (fd, asksLoop) -> whether an object of the addon has the descriptor, or with `asksLoop` a handle of libuv's on this
// thread. Other threads' loops can't be asked.
Napi::Value HasOwner(const Napi::CallbackInfo& info) {
  const auto fd = ReadInteger<int>(info[0], "fd");
  const bool asks_loop = info[1].ToBoolean();
  return Napi::Boolean::New(info.Env(), OwnedFd::Exists(fd) || (asks_loop && LoopHas(info.Env(), fd)));
}

}  // namespace sockctl
