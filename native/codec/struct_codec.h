// Codecs of C structs, made of the function `Fields` that each struct has.
#pragma once
#include <napi.h>

#include <algorithm>
#include <cstring>

#include "base/fields.h"
#include "codec/codec.h"
#include "codec/membership_key.h"

namespace sockctl {

template <class T>
T Load(const Bytes& bytes) {
  T value{};
  std::memcpy(&value, bytes.data(), std::min(bytes.size(), sizeof value));
  return value;
}

template <class T>
void EncodeStruct(const Napi::Value& value, Bytes& bytes) {
  T filled{};
  FromJs io(value);
  Fields(io, filled);
  bytes.Assign(filled);
}

template <class T>
Napi::Value DecodeStruct(Napi::Env env, const Bytes& bytes) {
  T value = Load<T>(bytes);
  ToJs io(env, &value, bytes.size());
  Fields(io, value);
  return io.object();
}

template <class T>
constexpr Codec Struct(const char* name) {
  return {name, sizeof(T), EncodeStruct<T>, DecodeStruct<T>};
}

template <class T>
MembershipKey Key(const Bytes& bytes) {
  return KeyOf(Load<T>(bytes));
}

template <class T>
constexpr Codec Membership(const char* name) {
  return {name, sizeof(T), EncodeStruct<T>, DecodeStruct<T>, nullptr, nullptr, Key<T>};
}

}  // namespace sockctl
