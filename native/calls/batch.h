#pragma once
#include <napi.h>

#include <map>
#include <vector>

#include "base/async_work.h"
#include "base/unique_fd.h"
#include "calls/call.h"

namespace sockctl {

// Calls that travel to a worker thread together. It owns duplicates of descriptors, so that closing the socket
// meanwhile can't hand a call to a stranger with the same number, and closes them on the worker, where the kernel may
// make the last one wait. It is used again, since what it holds would stay in memory until JavaScript's collector finds
// it.
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
