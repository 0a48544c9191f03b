#include "batch.h"

#include <fcntl.h>

#include <cerrno>

#include "fields.h"

namespace sockctl {

Napi::Function Batch::Define(Napi::Env env) {
  return DefineClass(env, "Batch",
                     {
                         InstanceMethod<&Batch::Duplicate>("duplicate"),
                         InstanceMethod<&Batch::Set>("set"),
                         InstanceMethod<&Batch::Get>("get"),
                         InstanceMethod<&Batch::Run>("run"),
                         InstanceMethod<&Batch::Outcome>("outcome"),
                         InstanceMethod<&Batch::Answer>("answer"),
                     });
}

Batch::Batch(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Batch>(info) {}

// (fd) -> the number of this batch's own duplicate; throws errno, a number
Napi::Value Batch::Duplicate(const Napi::CallbackInfo& info) {
  MustBeOpen(info.Env());
  UniqueFd copy(fcntl(ReadInteger<int>(info[0], "fd"), F_DUPFD_CLOEXEC, 0));
  if (!copy.valid()) {
    napi_throw(info.Env(), Napi::Number::New(info.Env(), errno));
    return {};
  }
  const int number = copy.get();
  descriptors_.push_back(std::move(copy));
  return Napi::Number::New(info.Env(), number);
}

// (fd, option, value)
void Batch::Set(const Napi::CallbackInfo& info) {
  MustBeOpen(info.Env());
  calls_.push_back(Call::Set(ReadInteger<int>(info[0], "fd"), OptionOf(info[1]), info[2]));
}

// (fd, option, question)
void Batch::Get(const Napi::CallbackInfo& info) {
  MustBeOpen(info.Env());
  calls_.push_back(Call::Get(ReadInteger<int>(info[0], "fd"), OptionOf(info[1]), info[2]));
}

// (callback)
void Batch::Run(const Napi::CallbackInfo& info) { Start(Value(), info[0], "sockctl.Batch"); }

void Batch::Work() {
  for (Call& call : calls_) call.Perform();
  descriptors_.clear();
}

Napi::Value Batch::Outcome(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), At(info).outcome()); }

Napi::Value Batch::Answer(const Napi::CallbackInfo& info) { return At(info).Answer(info.Env()); }

const Call& Batch::At(const Napi::CallbackInfo& info) {
  const auto place = ReadInteger<uint32_t>(info[0], "place");
  if (place >= calls_.size()) throw Napi::RangeError::New(info.Env(), "no such call");
  return calls_.at(place);
}

}  // namespace sockctl
