// Waits on a thread, which calls JavaScript by a thread-safe function of Node-API: for runtimes without libuv.
#include <poll.h>

#include <cerrno>
#include <memory>
#include <stdexcept>
#include <utility>

#include "datagram/poll_thread.h"
#include "datagram/waiter.h"

namespace sockctl {
namespace {

bool IsReadable(int fd) {
  pollfd asked{fd, POLLIN, 0};
  return poll(&asked, 1, 0) > 0;
}

class ThreadWaiter : public Waiter {
 public:
  ThreadWaiter(napi_env env, UniqueFd epoll, Waiter** owner) : Waiter(env, std::move(epoll), owner) {}

  // Throws FailedCall and std::runtime_error. From then on `self` is the runtime's, which lets it go in OnReleased.
  void Open(const std::shared_ptr<ThreadWaiter>& self) {
    napi_value name = nullptr;
    if (napi_create_string_utf8(env(), "sockctl.Poller", NAPI_AUTO_LENGTH, &name) != napi_ok ||
        napi_create_threadsafe_function(env(), nullptr, nullptr, name, 0, 1, this, OnReleased, this, OnReady,
                                        &function_) != napi_ok)
      throw std::runtime_error("this runtime makes no thread-safe function");
    self_ = self;
    napi_unref_threadsafe_function(env(), function_);
    // The hooks of an environment run from the last to the first, so this one runs before that of the function itself:
    // the thread must not call a function that has ended.
    napi_add_env_cleanup_hook(env(), OnExit, this);
    key_ = thread_->Add(epoll(), function_);
    if (key_ != PollThread::kNone) return;
    const int error = errno;
    Close();
    throw FailedCall{error, "epoll_ctl"};
  }

  void Hold(bool alive) override {
    held_ = alive;
    Refer(held_ && IsStarted());
  }

 private:
  void Begin() override {
    Refer(held_);
    thread_->Arm(epoll(), key_);
  }

  void End() override {
    thread_->Disarm(epoll(), key_);
    Refer(false);
  }

  void LetGo(int epoll) override {
    thread_->Remove(epoll, key_);
    thread_.reset();
    napi_remove_env_cleanup_hook(env(), OnExit, this);
    if (function_ != nullptr) napi_release_threadsafe_function(std::exchange(function_, nullptr), napi_tsfn_abort);
  }

  void Refer(bool wanted) {
    if (wanted == refers_) return;
    refers_ = wanted;
    if (wanted) {
      napi_ref_threadsafe_function(env(), function_);
    } else {
      napi_unref_threadsafe_function(env(), function_);
    }
  }

  // Without an environment the function has ended, and what was queued is dropped: the waiter may be gone.
  static void OnReady(napi_env env, napi_value /*function*/, void* waiter, void* /*data*/) {
    if (env == nullptr) return;
    // The callback may close the poller.
    const std::shared_ptr<ThreadWaiter> self = static_cast<ThreadWaiter*>(waiter)->self_;
    if (!self->IsStarted()) return;
    // JavaScript may have read meanwhile.
    if (IsReadable(self->epoll())) self->CallBack();
    if (self->IsStarted()) self->thread_->Arm(self->epoll(), self->key_);
  }

  static void OnExit(void* waiter) { static_cast<ThreadWaiter*>(waiter)->Close(); }

  static void OnReleased(napi_env /*env*/, void* data, void* /*hint*/) {
    auto* waiter = static_cast<ThreadWaiter*>(data);
    const std::shared_ptr<ThreadWaiter> self = std::move(waiter->self_);
    // A runtime that ends its functions without having run the hook has ended this one too.
    waiter->function_ = nullptr;
    waiter->Close();
  }

  std::shared_ptr<PollThread> thread_ = PollThread::Shared();
  uint64_t key_ = PollThread::kNone;
  napi_threadsafe_function function_ = nullptr;
  bool held_ = false;
  bool refers_ = false;
  // While the runtime uses this.
  std::shared_ptr<ThreadWaiter> self_;
};

}  // namespace

Waiter* WaitOnThread(napi_env env, UniqueFd epoll, Waiter** owner) {
  const auto waiter = std::make_shared<ThreadWaiter>(env, std::move(epoll), owner);
  waiter->Open(waiter);
  return waiter.get();
}

}  // namespace sockctl
