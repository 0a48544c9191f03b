#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace sockctl {

// The bytes of one option. Inline up to the largest struct that is asked for often (tcp_info), so that a call allocates
// nothing.
class Bytes {
 public:
  // Grown bytes are zero: a kernel that writes less than asked must not show what was here before.
  void Resize(size_t size) {
    if (size > kInline) {
      if (heap_.empty()) heap_.assign(inline_.data(), inline_.data() + size_);
      heap_.resize(size);
    } else if (!heap_.empty()) {
      heap_.resize(size);
    } else if (size > size_) {
      std::memset(inline_.data() + size_, 0, size - size_);
    }
    size_ = size;
  }

  // What the kernel said it wrote, never more than there is.
  void Truncate(size_t size) {
    if (size < size_) Resize(size);
  }

  template <class T>
  void Assign(const T& value) {
    Resize(0);
    Resize(sizeof value);
    std::memcpy(data(), &value, sizeof value);
  }

  [[nodiscard]] uint8_t* data() { return heap_.empty() ? inline_.data() : heap_.data(); }
  [[nodiscard]] const uint8_t* data() const { return heap_.empty() ? inline_.data() : heap_.data(); }
  [[nodiscard]] size_t size() const { return size_; }

 private:
  static constexpr size_t kInline = 320;
  std::array<uint8_t, kInline> inline_;  // zeroed as it is used
  std::vector<uint8_t> heap_;
  size_t size_ = 0;
};

}  // namespace sockctl
