#pragma once
#include <napi.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace sockctl {

// Memory for batches. What JavaScript's collector gives back stays mapped and is used again: for the kernel to map
// fresh pages takes longer than to fill them.
class SlabPool : public std::enable_shared_from_this<SlabPool> {
 public:
  // A Buffer of `size` bytes, which hold whatever was in them.
  Napi::Buffer<uint8_t> Take(Napi::Env env, size_t size);

 private:
  struct Slab {
    std::shared_ptr<SlabPool> pool;
    std::vector<uint8_t> memory;
  };

  static void GiveBack(Napi::Env env, uint8_t* data, Slab* slab);

  std::vector<std::unique_ptr<Slab>> idle_;
  size_t idle_bytes_ = 0;
};

}  // namespace sockctl
