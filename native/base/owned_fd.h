// A descriptor that the addon owns, and of which the addon makes no second owner.
#pragma once
#include <memory>
#include <utility>

#include "base/unique_fd.h"

namespace sockctl {

// The numbers that have an OwnedFd, of all threads: descriptors are the process's, not a thread's.
class OwnedNumbers;

// A UniqueFd whose number is listed for as long as the descriptor is owned.
class OwnedFd {
 public:
  OwnedFd() = default;
  // For a descriptor that was just made.
  explicit OwnedFd(UniqueFd fd);
  // Takes an open descriptor. The answer is not valid if there is an OwnedFd of it already.
  static OwnedFd Adopt(int fd);
  static bool Exists(int fd);

  OwnedFd(OwnedFd&& other) noexcept = default;
  OwnedFd& operator=(OwnedFd&& other) noexcept {
    std::swap(numbers_, other.numbers_);
    std::swap(fd_, other.fd_);
    return *this;
  }
  OwnedFd(const OwnedFd&) = delete;
  OwnedFd& operator=(const OwnedFd&) = delete;
  ~OwnedFd();

  [[nodiscard]] int get() const { return fd_.get(); }
  [[nodiscard]] bool valid() const { return fd_.valid(); }
  int release();

 private:
  // Shared: a worker thread may still close a descriptor while the process destroys its static objects.
  std::shared_ptr<OwnedNumbers> numbers_;
  UniqueFd fd_;
};

}  // namespace sockctl
