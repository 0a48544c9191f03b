#include "option.h"

#include <algorithm>

#include "environment.h"
#include "fields.h"

namespace sockctl {

Napi::Value MakeOption(const Napi::CallbackInfo& info) {
  const Codec& codec = CodecAt(info[2]);
  const Option made{ReadInteger<int>(info[0], "level"), ReadInteger<int>(info[1], "name"), &codec,
                    info[3].ToBoolean().Value() && codec.key != nullptr};
  auto& options = Environment::Of(info.Env()).options;
  const auto known = std::find(options.begin(), options.end(), made);
  const auto place = static_cast<uint32_t>(known - options.begin());
  if (known == options.end()) options.push_back(made);
  return WriteInteger(info.Env(), place);
}

const Option& OptionOf(const Napi::Value& value) {
  const auto& options = Environment::Of(value.Env()).options;
  uint32_t place = 0;
  if (napi_get_value_uint32(value.Env(), value, &place) != napi_ok || place >= options.size())
    throw Napi::TypeError::New(value.Env(), "an option is needed");
  return options[place];
}

}  // namespace sockctl
