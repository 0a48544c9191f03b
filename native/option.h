#pragma once
#include <napi.h>

#include "codec.h"

namespace sockctl {

// An option's numbers and codec, checked once.
struct Option {
  int level;
  int name;
  const Codec* codec;
  // The kernel is not asked where the socket is an any-source member.
  bool refuse_any_source;

  bool operator==(const Option& other) const {
    return level == other.level && name == other.name && codec == other.codec &&
           refuse_any_source == other.refuse_any_source;
  }
};

// (level, name, codec, refuseAnySource) -> the number by which JavaScript names it in every call
Napi::Value MakeOption(const Napi::CallbackInfo& info);
// Throws a TypeError for any other value.
const Option& OptionOf(const Napi::Value& value);

}  // namespace sockctl
