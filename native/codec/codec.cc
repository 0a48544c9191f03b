// What JavaScript sees of the codecs: the index of each, and functions that turn values into bytes and back without a
// call to the kernel.
#include "codec/codec.h"

#include <cstring>

namespace sockctl {

const Codec& CodecAt(const Napi::Value& index) {
  uint32_t position = 0;
  const CodecList common = CommonCodecs();
  const CodecList system = SystemCodecs();
  if (napi_get_value_uint32(index.Env(), index, &position) != napi_ok || position >= common.count + system.count)
    throw Napi::RangeError::New(index.Env(), "this system has no such codec");
  return position < common.count ? common.first[position] : system.first[position - common.count];
}

Napi::Object CodecIndex(Napi::Env env) {
  Napi::Object index = Napi::Object::New(env);
  double position = 0;
  for (const CodecList list : {CommonCodecs(), SystemCodecs()})
    for (size_t i = 0; i < list.count; ++i) index.Set(list.first[i].name, position++);
  return index;
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
