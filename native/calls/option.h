// An option as calls are made with it.
#pragma once
#include <napi.h>

#include "codec/codec.h"

namespace sockctl {

// An option's numbers and codec, checked once.
struct Option {
  int level;
  int name;
  const Codec* codec;
  // Do not call the kernel if the socket is an any-source member: the call would silently turn the membership over.
  bool refuse_any_source;
};

// (level, name, codec, refuseAnySource) -> { set, get, index }: functions that call the kernel at once, and the number
// by which a batch is told which option a call is of
Napi::Value MakeOption(const Napi::CallbackInfo& info);
const Option& OptionAt(const Napi::Value& index);

}  // namespace sockctl
