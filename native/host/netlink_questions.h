// Questions to rtnetlink(7), asked on a worker thread.
#pragma once
#include <napi.h>

#include <cstdint>
#include <vector>

#include "base/async_work.h"

namespace sockctl {

// The kernel answers under its network lock, so that the event loop must not ask.
class NetlinkQuestions : public Napi::ObjectWrap<NetlinkQuestions>, private AsyncWork {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit NetlinkQuestions(const Napi::CallbackInfo& info);

 private:
  void Add(const Napi::CallbackInfo& info);
  void Run(const Napi::CallbackInfo& info);
  Napi::Value Answers(const Napi::CallbackInfo& info);
  void Work() override;
  int AskAll();

  std::vector<std::vector<uint8_t>> requests_;
  std::vector<std::vector<uint8_t>> datagrams_;
  int error_ = 0;
};

}  // namespace sockctl
