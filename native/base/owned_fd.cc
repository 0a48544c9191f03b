// Lists the numbers of descriptors that the addon owns.
#include "base/owned_fd.h"

#include <map>
#include <mutex>

namespace sockctl {

// A number may have two owners for a moment: one has just closed its descriptor, and the kernel has given the number to
// another thread.
class OwnedNumbers {
 public:
  static std::shared_ptr<OwnedNumbers> OfProcess() {
    static const auto numbers = std::make_shared<OwnedNumbers>();
    return numbers;
  }

  void Add(int fd) {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++owners_[fd];
  }

  bool AddFirst(int fd) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return owners_.emplace(fd, 1).second;
  }

  void Remove(int fd) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = owners_.find(fd);
    if (--found->second == 0) owners_.erase(found);
  }

  bool Has(int fd) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return owners_.count(fd) > 0;
  }

 private:
  std::mutex mutex_;
  std::map<int, int> owners_;
};

OwnedFd::OwnedFd(UniqueFd fd) : fd_(std::move(fd)) {
  if (!valid()) return;
  numbers_ = OwnedNumbers::OfProcess();
  numbers_->Add(get());
}

OwnedFd OwnedFd::Adopt(int fd) {
  OwnedFd adopted;
  const auto numbers = OwnedNumbers::OfProcess();
  if (numbers->AddFirst(fd)) {
    adopted.numbers_ = numbers;
    adopted.fd_ = UniqueFd(fd);
  }
  return adopted;
}

bool OwnedFd::Exists(int fd) { return OwnedNumbers::OfProcess()->Has(fd); }

// The number is listed until the descriptor is closed, so that nobody adopts a descriptor that is about to be closed.
OwnedFd::~OwnedFd() {
  if (!valid()) return;
  const int number = get();
  { const UniqueFd closed = std::move(fd_); }
  numbers_->Remove(number);
}

int OwnedFd::release() {
  if (valid()) numbers_->Remove(get());
  return fd_.release();
}

}  // namespace sockctl
