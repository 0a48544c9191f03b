// How one C type crosses between JavaScript and the kernel, and the list of all that this system has.
#pragma once
#include <napi.h>

#include <cerrno>

#include "base/bytes.h"
#include "codec/membership_key.h"

namespace sockctl {

struct Codec {
  const char* name;
  // Room offered to getsockopt.
  size_t room;
  // Throws a TypeError or RangeError; leaves `bytes` exactly as long as the option's value.
  void (*encode)(const Napi::Value& value, Bytes& bytes);
  Napi::Value (*decode)(Napi::Env env, const Bytes& bytes);
  // The room this answer would have filled, given `room`; null where every answer has one size.
  size_t (*room_needed)(const Bytes& answer, size_t room) = nullptr;
  // Writes into a question how many sources its room holds.
  void (*set_capacity)(Bytes& question) = nullptr;
  // Which membership the value speaks of; null where none.
  MembershipKey (*membership_key)(const Bytes& bytes) = nullptr;
  // Where a struct points at what follows it in the bytes: sets the pointer for where the bytes are now, and gives the
  // length of the struct alone, which is what setsockopt is told. Null where nothing is pointed at.
  size_t (*set_pointer)(Bytes& bytes) = nullptr;
  // getsockopt counts in units of so many bytes.
  size_t unit = 1;
  // What getsockopt answers where the room is too short for any answer.
  int short_room = ERANGE;
};

// Codecs that stay where they are: a call on another thread points at its codec.
struct CodecList {
  const Codec* first;
  size_t count;
};
CodecList CommonCodecs();
// The ones only this system has: codecs_linux.cc, codecs_darwin.cc.
CodecList SystemCodecs();

// The indexes by name, which JavaScript reads as `codecs`.
Napi::Object CodecIndex(Napi::Env env);
// A codec by its index; throws a RangeError.
const Codec& CodecAt(const Napi::Value& index);

Napi::Value Encode(const Napi::CallbackInfo& info);
Napi::Value Decode(const Napi::CallbackInfo& info);

}  // namespace sockctl
