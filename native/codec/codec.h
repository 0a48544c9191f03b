// How one C type crosses between JavaScript and the kernel, and the list of all that this system has.
#pragma once
#include <napi.h>

#include <cerrno>

#include "base/bytes.h"
#include "codec/membership_key.h"

namespace sockctl {

struct Codec {
  const char* name;
  // The bytes offered to getsockopt for its answer.
  size_t room;
  // Throws a TypeError or RangeError; leaves `bytes` exactly as long as the option's value.
  void (*encode)(const Napi::Value& value, Bytes& bytes);
  Napi::Value (*decode)(Napi::Env env, const Bytes& bytes);
  // The bytes that this answer would have needed, given that `room` were offered; null if every answer has the same
  // size.
  size_t (*room_needed)(const Bytes& answer, size_t room) = nullptr;
  // Writes into a question how much room there is, and where; null if the room says so by itself.
  void (*set_capacity)(Bytes& question) = nullptr;
  // The membership that a value is about; null if values are about none.
  MembershipKey (*membership_key)(const Bytes& bytes) = nullptr;
  // For a struct with a pointer to the bytes behind it: sets the pointer to the address of those bytes at this moment,
  // and answers the length of the struct alone, which setsockopt takes. Null if the struct has no pointer.
  size_t (*set_pointer)(Bytes& bytes) = nullptr;
  // The bytes in one unit of the length that getsockopt takes and gives.
  size_t unit = 1;
  // The errno of getsockopt if the room is too short for any answer.
  int short_room = ERANGE;
  // The length that getsockopt takes, if it is that of a struct alone and the kernel writes behind the struct too; else
  // 0.
  size_t head = 0;
};

// An array that lives as long as the process: a call on another thread points to its codec.
struct CodecList {
  const Codec* first;
  size_t count;
};
CodecList CommonCodecs();
// The codecs of types that only this system has: codecs_linux.cc, codecs_darwin.cc.
CodecList SystemCodecs();

// The index of each codec by its name, which JavaScript reads as `codecs`.
Napi::Object CodecIndex(Napi::Env env);
// The codec with this index; throws a RangeError if there is none.
const Codec& CodecAt(const Napi::Value& index);

// Raw bytes, of codecs_common.cc, for types whose struct TypeScript lays out.
void EncodeBytes(const Napi::Value& value, Bytes& bytes);
Napi::Value DecodeBytes(Napi::Env env, const Bytes& bytes);

Napi::Value Encode(const Napi::CallbackInfo& info);
Napi::Value Decode(const Napi::CallbackInfo& info);

}  // namespace sockctl
