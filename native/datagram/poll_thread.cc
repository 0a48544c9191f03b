// An epoll descriptor that holds the epoll descriptors of all pollers, and the thread that waits for it.
#include "datagram/poll_thread.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

#include "datagram/waiter.h"

namespace sockctl {
namespace {

// Blocks all signals while it lives: a thread inherits what is blocked, and signals are for the runtime's threads.
class BlockedSignals {
 public:
  BlockedSignals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;
  ~BlockedSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

}  // namespace

std::shared_ptr<PollThread> PollThread::Shared() {
  static std::mutex mutex;
  static std::weak_ptr<PollThread> running;
  const std::lock_guard lock(mutex);
  std::shared_ptr<PollThread> thread = running.lock();
  if (thread == nullptr) {
    thread = std::make_shared<PollThread>();
    running = thread;
  }
  return thread;
}

PollThread::PollThread() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  if (!epoll_.valid()) throw FailedCall{errno, "epoll_create1"};
  end_ = UniqueFd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!end_.valid()) throw FailedCall{errno, "eventfd"};
  if (!Control(EPOLL_CTL_ADD, end_.get(), EPOLLIN, kNone)) throw FailedCall{errno, "epoll_ctl"};
  try {
    const BlockedSignals blocked;
    thread_ = std::thread(&PollThread::Run, this);
  } catch (const std::system_error& error) {
    throw FailedCall{error.code().value(), "pthread_create"};
  }
}

PollThread::~PollThread() {
  eventfd_write(end_.get(), 1);
  thread_.join();
}

uint64_t PollThread::Add(int fd, napi_threadsafe_function function) {
  const std::lock_guard lock(mutex_);
  const uint64_t key = ++last_key_;
  if (!Control(EPOLL_CTL_ADD, fd, EPOLLONESHOT, key)) return kNone;
  functions_.emplace(key, function);
  return key;
}

void PollThread::Arm(int fd, uint64_t key) { Control(EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLONESHOT, key); }

void PollThread::Disarm(int fd, uint64_t key) { Control(EPOLL_CTL_MOD, fd, EPOLLONESHOT, key); }

void PollThread::Remove(int fd, uint64_t key) {
  Control(EPOLL_CTL_DEL, fd, 0, key);
  // The thread calls a function only while it has the mutex.
  const std::lock_guard lock(mutex_);
  functions_.erase(key);
}

bool PollThread::Control(int operation, int fd, uint32_t events, uint64_t key) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = key;
  return epoll_ctl(epoll_.get(), operation, fd, &event) == 0;
}

void PollThread::Run() {
  std::array<epoll_event, 64> events{};
  for (;;) {
    const int count = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), -1);
    for (int index = 0; index < count; ++index) {
      const uint64_t key = events.at(static_cast<size_t>(index)).data.u64;
      if (key == kNone) return;  // the eventfd's: the thread is to end
      const std::lock_guard lock(mutex_);
      const auto found = functions_.find(key);
      if (found != functions_.end()) napi_call_threadsafe_function(found->second, nullptr, napi_tsfn_nonblocking);
    }
  }
}

}  // namespace sockctl
