#pragma once
#include <napi.h>

#include "bytes.h"
#include "group_key.h"

namespace sockctl {

// How one C type crosses between JavaScript and the kernel.
struct Codec {
  const char* name;
  // Room offered to getsockopt.
  size_t room;
  // Throws a TypeError or RangeError; leaves `bytes` exactly as long as the option's value.
  void (*encode)(const Napi::Value& value, Bytes& bytes);
  Napi::Value (*decode)(Napi::Env env, const Bytes& bytes);
  // The room this answer would have filled, given `room`; null where every answer has one size.
  size_t (*needs)(const Bytes& answer, size_t room) = nullptr;
  // Writes into a question how many sources its room holds.
  void (*offer)(Bytes& question) = nullptr;
  // Which membership the value speaks of; null where none.
  GroupKey (*key)(const Bytes& bytes) = nullptr;
};

// A codec by its place in the table JavaScript reads as `codecs`; throws a RangeError.
const Codec& CodecAt(const Napi::Value& index);
Napi::Object CodecIndex(Napi::Env env);

}  // namespace sockctl
