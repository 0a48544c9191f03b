// Waits by a poll handle of libuv, on the loop that Node-API gives.
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include "datagram/libuv.h"
#include "datagram/waiter.h"

namespace sockctl {
namespace {

class LibuvWaiter : public Waiter {
 public:
  LibuvWaiter(napi_env env, UniqueFd epoll, Waiter** owner)
      : Waiter(env, std::move(epoll), owner), handle_(uv_.handle_size(kUvPoll)) {}

  // The errno. With 0, libuv uses this waiter until OnClosed.
  int Open(uv_loop_s* loop) {
    const int error = uv_.poll_init(loop, poll(), epoll());
    if (error != 0) return -error;
    uv_.handle_set_data(base(), this);
    uv_.unref(base());
    napi_add_async_cleanup_hook(env(), OnExit, this, &hook_);
    return 0;
  }

  void Hold(bool alive) override { alive ? uv_.ref(base()) : uv_.unref(base()); }

 private:
  void Begin() override { uv_.poll_start(poll(), kUvReadable, OnReady); }
  void End() override { uv_.poll_stop(poll()); }
  // libuv allows a descriptor to be closed once uv_close was called.
  void LetGo(int /*epoll*/) override { uv_.close(base(), OnClosed); }

  // The worker or the process ends, and libuv's handle must be closed before its loop is. The handle may be closing
  // already.
  static void OnExit(napi_async_cleanup_hook_handle /*hook*/, void* waiter) {
    static_cast<LibuvWaiter*>(waiter)->Close();
  }

  static void OnReady(uv_poll_s* handle, int /*status*/, int /*events*/) { Of(handle)->CallBack(); }

  static void OnClosed(uv_handle_s* handle) {
    const std::unique_ptr<LibuvWaiter> waiter(Of(handle));
    napi_remove_async_cleanup_hook(waiter->hook_);
  }

  static LibuvWaiter* Of(void* handle) {
    return static_cast<LibuvWaiter*>(FindLibuv().handle_get_data(static_cast<uv_handle_s*>(handle)));
  }

  uv_poll_s* poll() { return reinterpret_cast<uv_poll_s*>(handle_.data()); }
  uv_handle_s* base() { return reinterpret_cast<uv_handle_s*>(handle_.data()); }

  const Libuv& uv_ = FindLibuv();
  // The size is what libuv says. The memory of a vector is aligned for any type.
  std::vector<char> handle_;
  napi_async_cleanup_hook_handle hook_ = nullptr;
};

}  // namespace

Waiter* WaitInLibuv(napi_env env, UniqueFd epoll, Waiter** owner) {
  auto waiter = std::make_unique<LibuvWaiter>(env, std::move(epoll), owner);
  uv_loop_s* loop = nullptr;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok) throw std::runtime_error("this runtime gives no event loop");
  if (const int error = waiter->Open(loop); error != 0) throw FailedCall{error, "epoll_ctl"};
  return waiter.release();  // OnClosed deletes it
}

}  // namespace sockctl
