#pragma once
#include <napi.h>

#include "codec.h"

namespace sockctl {

// One getsockopt or setsockopt, ready for any thread: no JavaScript value in it.
class Call {
 public:
  static Call Set(int fd, const Napi::Value& level, const Napi::Value& name, const Codec& codec,
                  const Napi::Value& value, bool refuse_any_source);
  static Call Get(int fd, const Napi::Value& level, const Napi::Value& name, const Codec& codec,
                  const Napi::Value& question);

  void Perform();

  // 0 where it went well, else errno + 4096 * FilterMode + 16384 where the kernel was not asked.
  [[nodiscard]] int outcome() const { return outcome_; }
  [[nodiscard]] Napi::Value Answer(Napi::Env env) const { return codec_->decode(env, bytes_); }

 private:
  Call(int fd, const Napi::Value& level, const Napi::Value& name, const Codec& codec);
  int Set();
  int Get();

  int fd_;
  int level_;
  int name_;
  const Codec* codec_;
  Bytes bytes_;
  bool reading_ = false;
  bool refuse_any_source_ = false;
  int outcome_ = 0;
};

}  // namespace sockctl
