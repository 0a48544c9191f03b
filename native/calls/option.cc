// The calls that are made at once, on JavaScript's thread.
#include "calls/option.h"

#include <deque>

#include "base/environment.h"
#include "base/fields.h"
#include "calls/call.h"

namespace sockctl {
namespace {

// In a deque, since its elements never move: JavaScript's functions point at them.
using Options = std::deque<Option>;

// (fd, value) -> undefined if the call went well, else the outcome
Napi::Value SetSync(const Napi::CallbackInfo& info) {
  const auto& option = *static_cast<const Option*>(info.Data());
  Bytes value;
  option.codec->encode(info[1], value);
  const int outcome = SetOption(ReadInteger<int>(info[0], "fd"), option, value);
  return outcome == 0 ? Napi::Value() : WriteInteger(info.Env(), outcome);
}

// (fd, question?) -> value; throws the outcome, a number, of which JavaScript makes an error
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
  made.Set("index", static_cast<double>(options.size() - 1));
  made.Set("set", Napi::Function::New<SetSync>(env, "set", &options.back()));
  made.Set("get", Napi::Function::New<GetSync>(env, "get", &options.back()));
  return made;
}

const Option& OptionAt(const Napi::Value& value) {
  const auto& options = Environment::Kept<Options>(value.Env());
  const auto index = ReadInteger<uint32_t>(value, "optionIndex");
  if (index >= options.size()) throw Napi::RangeError::New(value.Env(), "no option has this index");
  return options[index];
}

}  // namespace sockctl
