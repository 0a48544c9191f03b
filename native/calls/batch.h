// Calls of setsockopt and getsockopt that are made on a worker thread.
#pragma once
#include <napi.h>

#include <map>
#include <vector>

#include "base/async_work.h"
#include "base/unique_fd.h"
#include "calls/call.h"

namespace sockctl {

// Calls that travel to a worker thread together. A batch owns duplicates of descriptors, so that closing a socket
// meanwhile can't hand its calls to a stranger with the same number. The worker thread closes the duplicates, since
// closing a socket's last descriptor leaves its groups and may wait for the kernel. A batch is used again: the memory
// of its calls would be freed only when JavaScript's collector finds the batch.
class Batch : public Napi::ObjectWrap<Batch>, private AsyncWork {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit Batch(const Napi::CallbackInfo& info);

 private:
  Napi::Value Duplicate(const Napi::CallbackInfo& info);
  void Take(const Napi::CallbackInfo& info);
  void Set(const Napi::CallbackInfo& info);
  void Get(const Napi::CallbackInfo& info);
  void Run(const Napi::CallbackInfo& info);
  Napi::Value Outcomes(const Napi::CallbackInfo& info);
  Napi::Value Answer(const Napi::CallbackInfo& info);
  void Clear(const Napi::CallbackInfo& info);

  void Work() override;

  std::map<int, UniqueFd> descriptors_;
  std::vector<Call> calls_;
};

}  // namespace sockctl
