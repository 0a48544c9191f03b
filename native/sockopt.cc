#include "sockopt.h"

#include "call.h"
#include "fields.h"

namespace sockctl {

// (fd, option, value) -> outcome
Napi::Value SetSync(const Napi::CallbackInfo& info) {
  Call call = Call::Set(ReadInteger<int>(info[0], "fd"), OptionOf(info[1]), info[2]);
  call.Perform();
  return WriteInteger(info.Env(), call.outcome());
}

// (fd, option, question) -> value; throws the outcome, a number, which JavaScript makes an error of
Napi::Value GetSync(const Napi::CallbackInfo& info) {
  Call call = Call::Get(ReadInteger<int>(info[0], "fd"), OptionOf(info[1]), info[2]);
  call.Perform();
  if (call.outcome() == 0) return call.Answer(info.Env());
  napi_throw(info.Env(), Napi::Number::New(info.Env(), call.outcome()));
  return {};
}

// (codec, value) -> Buffer
Napi::Value Encode(const Napi::CallbackInfo& info) {
  Bytes bytes;
  CodecAt(info[0]).encode(info[1], bytes);
  return Napi::Buffer<uint8_t>::Copy(info.Env(), bytes.data(), bytes.size());
}

// (codec, Uint8Array) -> value
Napi::Value Decode(const Napi::CallbackInfo& info) {
  if (!info[1].IsTypedArray()) throw Napi::TypeError::New(info.Env(), "bytes are needed");
  const auto view = info[1].As<Napi::Uint8Array>();
  Bytes bytes;
  bytes.Resize(view.ByteLength());
  if (view.ByteLength() > 0) std::memcpy(bytes.data(), view.Data(), view.ByteLength());
  return CodecAt(info[0]).decode(info.Env(), bytes);
}

}  // namespace sockctl
