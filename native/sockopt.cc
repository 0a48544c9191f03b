#include "sockopt.h"

#include "call.h"
#include "fields.h"

namespace sockctl {

// (fd, value) -> undefined where it went well, else the outcome
Napi::Value SetSync(const Napi::CallbackInfo& info) {
  const auto& option = *static_cast<const Option*>(info.Data());
  Bytes value;
  option.codec->encode(info[1], value);
  const int outcome = SetOption(ReadInteger<int>(info[0], "fd"), option, value);
  return outcome == 0 ? Napi::Value() : WriteInteger(info.Env(), outcome);
}

// (fd, question?) -> value; throws the outcome, a number, which JavaScript makes an error of
Napi::Value GetSync(const Napi::CallbackInfo& info) {
  const auto& option = *static_cast<const Option*>(info.Data());
  Bytes bytes;
  EncodeQuestion(*option.codec, info.Length() > 1 ? info[1] : Napi::Value(), bytes);
  const int outcome = GetOption(ReadInteger<int>(info[0], "fd"), option, bytes);
  if (outcome == 0) return option.codec->decode(info.Env(), bytes);
  napi_throw(info.Env(), Napi::Number::New(info.Env(), outcome));
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
