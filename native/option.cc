#include "option.h"

#include "environment.h"
#include "fields.h"
#include "sockopt.h"

namespace sockctl {

Napi::Value MakeOption(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Codec& codec = CodecAt(info[2]);
  auto& options = Environment::Of(env).options;
  options.push_back({ReadInteger<int>(info[0], "level"), ReadInteger<int>(info[1], "name"), &codec,
                     info[3].ToBoolean().Value() && codec.key != nullptr});
  Napi::Object made = Napi::Object::New(env);
  made.Set("place", static_cast<double>(options.size() - 1));
  made.Set("set", Napi::Function::New<SetSync>(env, "set", &options.back()));
  made.Set("get", Napi::Function::New<GetSync>(env, "get", &options.back()));
  return made;
}

const Option& OptionAt(const Napi::Value& place) {
  const auto& options = Environment::Of(place.Env()).options;
  const auto number = ReadInteger<uint32_t>(place, "place");
  if (number >= options.size()) throw Napi::RangeError::New(place.Env(), "no option has this place");
  return options[number];
}

}  // namespace sockctl
