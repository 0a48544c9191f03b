#pragma once
#include <napi.h>

#include "codec/codec.h"

namespace sockctl {

// An option's numbers and codec, checked once.
struct Option {
  int level;
  int name;
  const Codec* codec;
  // The kernel is not asked where the socket is an any-source member.
  bool refuse_any_source;
};

// (level, name, codec, refuseAnySource) -> { set, get, place }: what calls the kernel at once, and the number by which
// a batch is told of it
Napi::Value MakeOption(const Napi::CallbackInfo& info);
const Option& OptionAt(const Napi::Value& place);

}  // namespace sockctl
