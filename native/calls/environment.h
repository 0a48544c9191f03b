#pragma once
#include <napi.h>

#include <deque>

#include "calls/option.h"

namespace sockctl {

// What is kept for one environment, the main thread's or a worker's: nothing is shared between them.
struct Environment {
  // They stay where they are: JavaScript's functions point at them.
  std::deque<Option> options;
  // Memory for answers that JavaScript reads itself.
  Napi::Reference<Napi::ArrayBuffer> scratch;

  static void Open(Napi::Env env);
  static Environment& Of(Napi::Env env) { return *env.GetInstanceData<Environment>(); }
};

}  // namespace sockctl
