#pragma once
#include <napi.h>

#include <vector>

#include "call.h"
#include "hop.h"
#include "unique_fd.h"

namespace sockctl {

// Calls that travel to a worker thread together. It owns duplicates of the descriptors it will use, so that closing
// the socket meanwhile can't hand a call to a stranger with the same number, and closes them on the worker, where the
// kernel may make the last one wait.
class Batch : public Napi::ObjectWrap<Batch>, private Hop {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit Batch(const Napi::CallbackInfo& info);

 private:
  Napi::Value Duplicate(const Napi::CallbackInfo& info);
  void Set(const Napi::CallbackInfo& info);
  void Get(const Napi::CallbackInfo& info);
  void Run(const Napi::CallbackInfo& info);
  Napi::Value Outcome(const Napi::CallbackInfo& info);
  Napi::Value Answer(const Napi::CallbackInfo& info);

  void Work() override;
  const Call& At(const Napi::CallbackInfo& info);

  std::vector<UniqueFd> descriptors_;
  std::vector<Call> calls_;
};

}  // namespace sockctl
