// The filter mode of a membership, numbered here alone: JavaScript gets the numbers as `filterModes`.
#pragma once
#include <napi.h>

#include "base/fields.h"

namespace sockctl {

// kNone: not a member, or a system that can't be asked.
enum class FilterMode { kNone = 0, kInclude = 1, kExclude = 2 };

// { none, include, exclude }
inline Napi::Object FilterModes(Napi::Env env) {
  Napi::Object modes = Napi::Object::New(env);
  modes.Set("none", static_cast<int>(FilterMode::kNone));
  modes.Set("include", static_cast<int>(FilterMode::kInclude));
  modes.Set("exclude", static_cast<int>(FilterMode::kExclude));
  return modes;
}

// The mode that a number from JavaScript stands for; throws a RangeError.
inline FilterMode ReadFilterMode(const Napi::Value& value) {
  const auto number = ReadInteger<int>(value, "mode");
  if (number < 0 || number > static_cast<int>(FilterMode::kExclude))
    throw Napi::RangeError::New(value.Env(), "mode is none of filterModes");
  return static_cast<FilterMode>(number);
}

}  // namespace sockctl
