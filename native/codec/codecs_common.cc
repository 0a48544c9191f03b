// The codecs of types that every system has: numbers, times, addresses, text, bytes, and the structs of structs.h.
#include <net/if.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cmath>
#include <cstring>
#include <string>

#include "base/environment.h"
#include "base/fields.h"
#include "codec/codec.h"
#include "codec/struct_codec.h"
#include "codec/structs.h"

namespace sockctl {

void EncodeBytes(const Napi::Value& value, Bytes& bytes) {
  // Asked of the view itself: to Node-API a SharedArrayBuffer is no ArrayBuffer.
  void* data = nullptr;
  if (napi_get_typedarray_info(value.Env(), value, nullptr, nullptr, &data, nullptr, nullptr) != napi_ok)
    throw Napi::TypeError::New(value.Env(), "the value is not a Uint8Array");
  const size_t length = value.As<Napi::TypedArray>().ByteLength();
  // The length becomes a socklen_t, of 32 bits, and the kernel reads it as an int.
  if (length > INT_MAX) throw Napi::RangeError::New(value.Env(), "the value is longer than an int can say");
  bytes.Resize(0);
  bytes.Resize(length);
  if (length > 0) std::memcpy(bytes.data(), data, length);
}

Napi::Value DecodeBytes(Napi::Env env, const Bytes& bytes) {
  return Napi::Buffer<uint8_t>::Copy(env, bytes.data(), bytes.size());
}

namespace {

// More than tcp_info, which grows with the kernel.
constexpr size_t kMemoryRoom = 320;
constexpr size_t kTextRoom = 128;
constexpr size_t kBytesRoom = 1024;

template <class T>
void EncodeInteger(const Napi::Value& value, Bytes& bytes) {
  bytes.Assign(ReadInteger<T>(value, "the value"));
}

// Some systems answer an int option with one byte.
template <class T>
Napi::Value DecodeInteger(Napi::Env env, const Bytes& bytes) {
  if (bytes.size() == 1) return WriteInteger<uint8_t>(env, *bytes.data());
  return WriteInteger(env, Load<T>(bytes));
}

template <class T>
constexpr Codec Integer(const char* name) {
  return {name, sizeof(T), EncodeInteger<T>, DecodeInteger<T>};
}

void EncodeBoolean(const Napi::Value& value, Bytes& bytes) {
  bool on = false;
  if (napi_get_value_bool(value.Env(), value, &on) != napi_ok)
    throw Napi::TypeError::New(value.Env(), "the value is not a boolean");
  bytes.Assign<int>(on ? 1 : 0);
}

Napi::Value DecodeBoolean(Napi::Env env, const Bytes& bytes) { return Napi::Boolean::New(env, Load<int>(bytes) != 0); }

// JavaScript has milliseconds; their fraction is kept to a microsecond.
void EncodeTimeval(const Napi::Value& value, Bytes& bytes) {
  constexpr double kMaxMilliseconds = 9007199254740991.0;
  double milliseconds = 0;
  if (napi_get_value_double(value.Env(), value, &milliseconds) != napi_ok ||
      !(milliseconds >= 0 && milliseconds <= kMaxMilliseconds))
    throw Napi::RangeError::New(value.Env(), "the value is not a time in milliseconds");
  const double seconds = std::floor(milliseconds / 1000);
  timeval time{};
  time.tv_sec = static_cast<decltype(time.tv_sec)>(seconds);
  time.tv_usec = static_cast<decltype(time.tv_usec)>(std::floor(std::fmod(milliseconds, 1000) * 1000 + 0.5));
  if (time.tv_usec == 1000000) {
    time.tv_sec += 1;
    time.tv_usec = 0;
  }
  bytes.Assign(time);
}

Napi::Value DecodeTimeval(Napi::Env env, const Bytes& bytes) {
  const auto time = Load<timeval>(bytes);
  return Napi::Number::New(env, static_cast<double>(time.tv_sec) * 1000 + static_cast<double>(time.tv_usec) / 1000);
}

template <class T, T (*Parse)(const Napi::Value&)>
void EncodeAddress(const Napi::Value& value, Bytes& bytes) {
  bytes.Assign(Parse(value));
}

template <class T>
Napi::Value DecodeAddress(Napi::Env env, const Bytes& bytes) {
  return Napi::String::New(env, TextOf(Load<T>(bytes)));
}

void EncodeSockaddr(const Napi::Value& value, Bytes& bytes) { bytes.Assign(ParseSockaddr(value)); }

// { family, address, port }, the family as AF_ number; the address is empty if it is neither IPv4 nor IPv6.
Napi::Value DecodeSockaddr(Napi::Env env, const Bytes& bytes) {
  const auto address = Load<sockaddr_storage>(bytes);
  const Napi::Object object = Napi::Object::New(env);
  object.Set("family", Napi::Number::New(env, address.ss_family));
  object.Set("address", TextOf(address));
  object.Set("port", Napi::Number::New(env, PortOf(address)));
  return object;
}

// Text is written without a NUL; the text in an answer may or may not end in one.
void EncodeString(const Napi::Value& value, Bytes& bytes) {
  if (!value.IsString()) throw Napi::TypeError::New(value.Env(), "the value is not a string");
  const std::string text = value.As<Napi::String>();
  bytes.Resize(0);
  bytes.Resize(text.size());
  std::memcpy(bytes.data(), text.data(), text.size());
}

Napi::Value DecodeString(Napi::Env env, const Bytes& bytes) {
  const char* text = reinterpret_cast<const char*>(bytes.data());
  return Napi::String::New(env, text, strnlen(text, bytes.size()));
}

// Memory that JavaScript reads answers from by itself.
struct AnswerMemory {
  Napi::Reference<Napi::ArrayBuffer> buffer;
};

// Writes every answer into the same memory, since a new ArrayBuffer costs as much as the call: first the length in 8
// bytes, then the answer. JavaScript must have read an answer before it asks for the next.
Napi::Value DecodeMemory(Napi::Env env, const Bytes& bytes) {
  constexpr size_t kLengthSize = sizeof(uint64_t);
  auto& scratch = Environment::Kept<AnswerMemory>(env).buffer;
  if (scratch.IsEmpty() || scratch.Value().ByteLength() < kLengthSize + bytes.size())
    scratch =
        Napi::Persistent(Napi::ArrayBuffer::New(env, kLengthSize + std::max(kMemoryRoom, (bytes.size() + 7) / 8 * 8)));
  Napi::ArrayBuffer memory = scratch.Value();
  auto* data = static_cast<uint8_t*>(memory.Data());
  const uint64_t length = bytes.size();
  std::memcpy(data, &length, kLengthSize);
  std::memcpy(data + kLengthSize, bytes.data(), bytes.size());
  return memory;
}

// An answer that fills the room may have been cut short, so the kernel is asked again with twice the room.
size_t BytesRoomNeeded(const Bytes& answer, size_t room) { return answer.size() < room ? room : room * 2; }

constexpr std::array kCodecs = {
    Integer<int32_t>("int"),
    Integer<uint32_t>("unsigned"),
    Integer<uint8_t>("byte"),
    Integer<uint64_t>("u64"),
    Codec{"boolean", sizeof(int), EncodeBoolean, DecodeBoolean},
    Codec{"timeval", sizeof(timeval), EncodeTimeval, DecodeTimeval},
    Codec{"in_addr", sizeof(in_addr), EncodeAddress<in_addr, ParseIn4>, DecodeAddress<in_addr>},
    Codec{"in6_addr", sizeof(in6_addr), EncodeAddress<in6_addr, ParseIn6>, DecodeAddress<in6_addr>},
    Codec{"string", kTextRoom, EncodeString, DecodeString},
    Codec{"bytes", kBytesRoom, EncodeBytes, DecodeBytes, BytesRoomNeeded},
    // As long as the question, whose bytes the kernel reads before it writes the answer over them.
    Codec{"exact_bytes", 0, EncodeBytes, DecodeBytes},
    Codec{"sockaddr", sizeof(sockaddr_storage), EncodeBytes, DecodeSockaddr},
    Codec{"sockaddr_storage", sizeof(sockaddr_storage), EncodeSockaddr, DecodeAddress<sockaddr_storage>},
    Codec{"memory", kMemoryRoom, EncodeBytes, DecodeMemory, BytesRoomNeeded},
    Struct<linger>("linger"),
    Struct<in6_pktinfo>("in6_pktinfo"),
    Struct<ip6_mtuinfo>("ip6_mtuinfo"),
    Membership<ip_mreq>("ip_mreq"),
    Membership<ip_mreqn>("ip_mreqn"),
    Membership<ip_mreq_source>("ip_mreq_source"),
    Membership<group_req>("group_req"),
    Membership<group_source_req>("group_source_req"),
    Membership<ipv6_mreq>("ipv6_mreq"),
};

}  // namespace

CodecList CommonCodecs() { return {kCodecs.data(), kCodecs.size()}; }

}  // namespace sockctl
