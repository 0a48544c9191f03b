#include "calls/option.h"

#include <deque>

#include "base/environment.h"
#include "base/fields.h"
#include "calls/call.h"

namespace sockctl {
namespace {

// In a deque an option stays at one address: JavaScript's functions point at it.
using Options = std::deque<Option>;

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

}  // namespace

Napi::Value MakeOption(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Codec& codec = CodecAt(info[2]);
  auto& options = Environment::Kept<Options>(env);
  options.push_back({ReadInteger<int>(info[0], "level"), ReadInteger<int>(info[1], "name"), &codec,
                     info[3].ToBoolean().Value() && codec.membership_key != nullptr});
  Napi::Object made = Napi::Object::New(env);
  made.Set("place", static_cast<double>(options.size() - 1));
  made.Set("set", Napi::Function::New<SetSync>(env, "set", &options.back()));
  made.Set("get", Napi::Function::New<GetSync>(env, "get", &options.back()));
  return made;
}

const Option& OptionAt(const Napi::Value& place) {
  const auto& options = Environment::Kept<Options>(place.Env());
  const auto number = ReadInteger<uint32_t>(place, "place");
  if (number >= options.size()) throw Napi::RangeError::New(place.Env(), "no option has this place");
  return options[number];
}

}  // namespace sockctl
