// The thread that waits for descriptors if the runtime's event loop can't.
#pragma once
#include <node_api.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "base/unique_fd.h"

namespace sockctl {

// One thread for all environments, which lives as long as somebody holds it. Each descriptor is told of once, and then
// not again until it is armed: a busy socket does not fill the queue of JavaScript's thread.
class PollThread {
 public:
  // The key of nothing.
  static constexpr uint64_t kNone = 0;

  // Throws FailedCall.
  static std::shared_ptr<PollThread> Shared();
  PollThread();
  PollThread(const PollThread&) = delete;
  PollThread& operator=(const PollThread&) = delete;
  ~PollThread();

  // Calls `function` once after each Arm, as soon as `fd` can be read. The answer is the key for the other
  // functions; kNone, with errno set, if the descriptor can't be watched.
  uint64_t Add(int fd, napi_threadsafe_function function);
  void Arm(int fd, uint64_t key);
  // A call may be under way, and come after this.
  void Disarm(int fd, uint64_t key);
  // The function is not called any more. `fd` must still be open.
  void Remove(int fd, uint64_t key);

 private:
  bool Control(int operation, int fd, uint32_t events, uint64_t key);
  void Run();

  UniqueFd epoll_;
  // Readable when the thread is to end.
  UniqueFd end_;
  std::mutex mutex_;
  std::unordered_map<uint64_t, napi_threadsafe_function> functions_;
  uint64_t last_key_ = 0;
  std::thread thread_;
};

}  // namespace sockctl
