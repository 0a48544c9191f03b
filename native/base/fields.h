// Numbers and the fields of structs, from JavaScript and back.
#pragma once
#include <napi.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <limits>
#include <string>
#include <type_traits>

#include "base/address.h"

namespace sockctl {

[[noreturn, gnu::cold, gnu::noinline]] inline void RefuseInteger(Napi::Env env, const char* name,
                                                                 const char* expected) {
  throw Napi::RangeError::New(env, std::string(name) + " is not " + expected);
}

// A whole number of T's range, from a number or, if T has 64 bits, from a BigInt. Throws a RangeError that begins with
// `name`.
template <class T>
T ReadInteger(const Napi::Value& value, const char* name) {
  if constexpr (sizeof(T) == 8) {
    if (!value.IsBigInt()) RefuseInteger(value.Env(), name, "a BigInt");
    bool lossless = false;
    T number{};
    if constexpr (std::is_signed_v<T>) {
      number = value.As<Napi::BigInt>().Int64Value(&lossless);
    } else {
      number = value.As<Napi::BigInt>().Uint64Value(&lossless);
    }
    if (!lossless) RefuseInteger(value.Env(), name, "a BigInt that fits 64 bits");
    return number;
  } else {
    double number = 0;
    if (napi_get_value_double(value.Env(), value, &number) != napi_ok) RefuseInteger(value.Env(), name, "a number");
    if (!(number >= static_cast<double>(std::numeric_limits<T>::min()) &&
          number <= static_cast<double>(std::numeric_limits<T>::max())))
      RefuseInteger(value.Env(), name, "in range");
    const T whole = static_cast<T>(number);
    if (static_cast<double>(whole) != number) RefuseInteger(value.Env(), name, "a whole number");
    return whole;
  }
}

template <class T>
Napi::Value WriteInteger(Napi::Env env, T number) {
  if constexpr (sizeof(T) == 8 && std::is_signed_v<T>) {
    return Napi::BigInt::New(env, static_cast<int64_t>(number));
  } else if constexpr (sizeof(T) == 8) {
    return Napi::BigInt::New(env, static_cast<uint64_t>(number));
  } else if constexpr (sizeof(T) < 4 || std::is_signed_v<T>) {
    napi_value value = nullptr;
    napi_create_int32(env, number, &value);
    return {env, value};
  } else {
    return Napi::Number::New(env, number);
  }
}

// A struct names its fields once, in a function `Fields(io, value)`. With a FromJs as `io` that function fills the
// struct from an object; with a ToJs it makes an object of the struct.
class FromJs {
 public:
  explicit FromJs(const Napi::Value& value) : object_(value) {
    if (!value.IsObject()) throw Napi::TypeError::New(value.Env(), "an object is needed");
  }

  template <class T>
  std::enable_if_t<std::is_integral_v<T>> operator()(const char* name, T& field) {
    field = ReadInteger<T>(Get(name), name);
  }
  void operator()(const char* name, in_addr& field) { field = ParseIn4(Get(name)); }
  void operator()(const char* name, in6_addr& field) { field = ParseIn6(Get(name)); }
  void operator()(const char* name, sockaddr_storage& field) { field = ParseSockaddr(Get(name)); }
  template <class T>
  void Boolean(const char* name, T& field) {
    const Napi::Value value = Get(name);
    if (!value.IsBoolean()) throw Napi::TypeError::New(value.Env(), std::string(name) + " is not a boolean");
    field = static_cast<T>(value.As<Napi::Boolean>().Value());
  }
  // An array of fixed size, and the field that says how many of its bytes are used.
  template <size_t N, class L>
  void Bytes(const char* name, uint8_t (&field)[N], L& length) {  // NOLINT(*-c-arrays): as the kernel declares it
    const Napi::Value value = Get(name);
    if (!value.IsTypedArray()) throw Napi::TypeError::New(value.Env(), std::string(name) + " is not a Uint8Array");
    const auto view = value.As<Napi::Uint8Array>();
    if (view.ByteLength() > N) throw Napi::RangeError::New(value.Env(), std::string(name) + " is too long");
    if (view.ByteLength() > 0) std::memcpy(field, view.Data(), view.ByteLength());
    length = static_cast<L>(view.ByteLength());
  }

 private:
  Napi::Value Get(const char* name) { return object_.As<Napi::Object>().Get(name); }
  Napi::Value object_;
};

// Fields beyond the end of the kernel's answer are left out of the object: an older kernel has fewer.
class ToJs {
 public:
  ToJs(Napi::Env env, const void* base, size_t length)
      : object_(Napi::Object::New(env)), end_(static_cast<const char*>(base) + length) {}

  template <class T>
  std::enable_if_t<std::is_integral_v<T>> operator()(const char* name, T& field) {
    if (Reached(field)) object_.Set(name, WriteInteger(object_.Env(), field));
  }
  void operator()(const char* name, in_addr& field) { Text(name, field); }
  void operator()(const char* name, in6_addr& field) { Text(name, field); }
  void operator()(const char* name, sockaddr_storage& field) { Text(name, field); }
  template <class T>
  void Boolean(const char* name, T& field) {
    if (Reached(field)) object_.Set(name, Napi::Boolean::New(object_.Env(), field != 0));
  }
  template <size_t N, class L>
  void Bytes(const char* name, uint8_t (&field)[N], L& length) {  // NOLINT(*-c-arrays): as the kernel declares it
    if (!Reached(length)) return;
    object_.Set(name, Napi::Buffer<uint8_t>::Copy(object_.Env(), field, std::min<size_t>(length, N)));
  }
  Napi::Object object() { return object_; }

 private:
  template <class T>
  bool Reached(const T& field) {
    return reinterpret_cast<const char*>(&field) + sizeof field <= end_;
  }
  template <class T>
  void Text(const char* name, T& field) {
    if (Reached(field)) object_.Set(name, TextOf(field));
  }
  Napi::Object object_;
  const char* end_;
};

}  // namespace sockctl
