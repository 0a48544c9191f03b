// Calls JavaScript when an epoll descriptor is ready: libuv_waiter.cc, thread_waiter.cc.
#pragma once
#include <napi.h>

#include "base/unique_fd.h"

namespace sockctl {

// A system call that failed while a waiter was made.
struct FailedCall {
  int error;
  const char* name;
};

// Owns an epoll descriptor, and itself: the runtime may use a waiter for a while after Close. All functions are for the
// thread of JavaScript.
class Waiter {
 public:
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;
  virtual ~Waiter() = default;

  [[nodiscard]] int epoll() const { return epoll_.get(); }
  // Calls `callback` without arguments, once a turn of the loop while the descriptor is ready.
  void Start(napi_value callback);
  void Stop();
  // Whether this keeps the event loop alive while started. Not at first.
  virtual void Hold(bool alive) = 0;
  // Sets what points here to null, closes the descriptor, and deletes this as soon as the runtime has let it go.
  // Happens by itself when the environment ends.
  void Close();

 protected:
  // `owner` is the variable that will point to this waiter.
  Waiter(napi_env env, UniqueFd epoll, Waiter** owner) : env_(env), epoll_(std::move(epoll)), owner_(owner) {}

  [[nodiscard]] napi_env env() const { return env_; }
  [[nodiscard]] bool IsStarted() const { return callback_ != nullptr; }
  // Calls the callback. This waiter may be closed after that.
  void CallBack();

 private:
  virtual void Begin() = 0;
  virtual void End() = 0;
  // Makes the runtime let this waiter go, which deletes it, maybe at once. The descriptor is still open.
  virtual void LetGo(int epoll) = 0;
  void DropCallback();

  napi_env env_;
  UniqueFd epoll_;
  napi_ref callback_ = nullptr;
  Waiter** owner_;
};

// A poll handle on the loop of libuv: the fastest way, if the runtime runs on libuv. Both throw FailedCall, and
// std::runtime_error if the runtime lacks what is needed.
Waiter* WaitInLibuv(napi_env env, UniqueFd epoll, Waiter** owner);
// A thread that waits, for any runtime. It costs two switches of threads for each call of the callback.
Waiter* WaitOnThread(napi_env env, UniqueFd epoll, Waiter** owner);

}  // namespace sockctl
