// Memory for batches of datagrams, used again and again.
#pragma once
#include <napi.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace sockctl {

// A slab is the memory of one batch, which JavaScript holds as a Buffer. When the Buffer is collected, the slab comes
// back here and stays mapped: the kernel takes longer to map fresh pages than to fill them.
class SlabPool : public std::enable_shared_from_this<SlabPool> {
 public:
  // A Buffer of `size` bytes, with the bytes of earlier batches in it. The system commits a page when it is written to.
  Napi::Buffer<uint8_t> Take(Napi::Env env, size_t size);

 private:
  struct Free {
    void operator()(uint8_t* memory) const;
  };
  struct Slab {
    std::shared_ptr<SlabPool> pool;
    std::unique_ptr<uint8_t, Free> memory;
    size_t size = 0;
  };

  static void GiveBack(napi_env env, void* data, void* slab);

  std::vector<std::unique_ptr<Slab>> idle_;
  size_t idle_bytes_ = 0;
  // Electron refuses memory that is not V8's own, and then all slabs are.
  bool runtime_takes_no_memory_ = false;
};

}  // namespace sockctl
