#include "codec/encode_decode.h"

#include <cstring>

#include "base/fields.h"
#include "codec/codec.h"

namespace sockctl {

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
