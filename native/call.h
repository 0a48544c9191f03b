#pragma once
#include <napi.h>

#include "bytes.h"
#include "option.h"

namespace sockctl {

// One getsockopt or setsockopt, ready for any thread: no JavaScript value in it.
class Call {
 public:
  static Call Set(int fd, const Option& option, const Napi::Value& value);
  static Call Get(int fd, const Option& option, const Napi::Value& question);

  void Perform();

  // 0 where it went well, else errno + 4096 * FilterMode + 16384 where the kernel was not asked.
  [[nodiscard]] int outcome() const { return outcome_; }
  [[nodiscard]] Napi::Value Answer(Napi::Env env) const { return option_.codec->decode(env, bytes_); }

 private:
  Call(int fd, const Option& option) : fd_(fd), option_(option) {}
  int Set();
  int Get();

  int fd_;
  Option option_;
  Bytes bytes_;
  bool reading_ = false;
  int outcome_ = 0;
};

}  // namespace sockctl
