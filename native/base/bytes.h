// A growing array of bytes that allocates nothing while it is short.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace sockctl {

// The bytes of one option's value. Up to the size of tcp_info, the largest struct that is asked for often, they lie in
// the object itself, so that a call allocates nothing.
class Bytes {
 public:
  // Bytes that are added are zero, so that an answer shorter than the room is not followed by older bytes.
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

  // Shortens to the length the kernel says it wrote; a length beyond the end changes nothing.
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
  std::array<uint8_t, kInline> inline_;  // Resize zeroes the part that it adds
  std::vector<uint8_t> heap_;
  size_t size_ = 0;
};

}  // namespace sockctl
