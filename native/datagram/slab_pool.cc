// Lends slabs to JavaScript as Buffers, and takes them back when the collector has found the Buffers.
#include "datagram/slab_pool.h"

#include <cstdlib>
#include <new>
#include <utility>

namespace sockctl {
namespace {

// About as much as a busy reader leaves to JavaScript's collector between two rounds.
constexpr size_t kMaxIdleBytes = size_t{16} << 20;

}  // namespace

Napi::Buffer<uint8_t> SlabPool::Take(Napi::Env env, size_t size) {
  if (runtime_takes_no_memory_) return Napi::Buffer<uint8_t>::New(env, size);
  std::unique_ptr<Slab> slab;
  if (idle_.empty()) {
    slab = std::make_unique<Slab>();
  } else {
    slab = std::move(idle_.back());
    idle_.pop_back();
    idle_bytes_ -= slab->size;
  }
  if (slab->size < size) {
    // calloc asks the system for zero pages, where a vector would write to all of them.
    slab->memory.reset(static_cast<uint8_t*>(std::calloc(size, 1)));  // NOLINT(*-no-malloc,*-owning-memory)
    if (slab->memory == nullptr) throw std::bad_alloc();
    slab->size = size;
  }
  slab->pool = shared_from_this();
  napi_value lent = nullptr;
  const napi_status status = napi_create_external_buffer(env, size, slab->memory.get(), GiveBack, slab.get(), &lent);
  if (status == napi_no_external_buffers_allowed) {
    runtime_takes_no_memory_ = true;
    return Napi::Buffer<uint8_t>::New(env, size);
  }
  if (status != napi_ok) throw Napi::Error::New(env);
  slab.release();  // NOLINT(bugprone-unused-return-value): GiveBack owns the slab now
  return {env, lent};
}

void SlabPool::Free::operator()(uint8_t* memory) const { std::free(memory); }  // NOLINT(*-no-malloc,*-owning-memory)

void SlabPool::GiveBack(napi_env /*env*/, void* /*data*/, void* lent) {
  std::unique_ptr<Slab> slab(static_cast<Slab*>(lent));
  const std::shared_ptr<SlabPool> pool = std::move(slab->pool);
  // Nobody else holds the pool: its reader is gone, and the slab and the pool go too.
  if (pool.use_count() == 1 || pool->idle_bytes_ + slab->size > kMaxIdleBytes) return;
  pool->idle_bytes_ += slab->size;
  pool->idle_.push_back(std::move(slab));
}

}  // namespace sockctl
