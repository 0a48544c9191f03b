#include "option.h"

#include <memory>

#include "fields.h"

namespace sockctl {

Napi::Value MakeOption(const Napi::CallbackInfo& info) {
  const Codec& codec = CodecAt(info[2]);
  auto option = std::make_unique<Option>(Option{ReadInteger<int>(info[0], "level"), ReadInteger<int>(info[1], "name"),
                                                &codec, info[3].ToBoolean().Value() && codec.key != nullptr});
  return Napi::External<Option>::New(info.Env(), option.release(),
                                     [](Napi::Env /*env*/, Option* data) { const std::unique_ptr<Option> end(data); });
}

const Option& OptionOf(const Napi::Value& value) {
  void* data = nullptr;
  if (napi_get_value_external(value.Env(), value, &data) != napi_ok)
    throw Napi::TypeError::New(value.Env(), "an option is needed");
  return *static_cast<Option*>(data);
}

}  // namespace sockctl
