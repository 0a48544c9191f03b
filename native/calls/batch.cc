// The batch as JavaScript sees it, and its work.
#include "calls/batch.h"

#include <fcntl.h>

#include <cerrno>

#include "base/fields.h"

namespace sockctl {

Napi::Function Batch::Define(Napi::Env env) {
  return DefineClass(env, "Batch",
                     {
                         InstanceMethod<&Batch::Duplicate>("duplicate"),
                         InstanceMethod<&Batch::Take>("take"),
                         InstanceMethod<&Batch::Set>("set"),
                         InstanceMethod<&Batch::Get>("get"),
                         InstanceMethod<&Batch::Run>("run"),
                         InstanceMethod<&Batch::Outcomes>("outcomes"),
                         InstanceMethod<&Batch::Answer>("answer"),
                         InstanceMethod<&Batch::Clear>("clear"),
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
  descriptors_.emplace(number, std::move(copy));
  return Napi::Number::New(info.Env(), number);
}

// (batch, fd): a duplicate of the other batch is this batch's from now on
void Batch::Take(const Napi::CallbackInfo& info) {
  MustBeOpen(info.Env());
  Batch* from = Unwrap(info[0].As<Napi::Object>());
  from->MustBeOpen(info.Env());
  descriptors_.insert(from->descriptors_.extract(ReadInteger<int>(info[1], "fd")));
}

// (fd, optionIndex, value)
void Batch::Set(const Napi::CallbackInfo& info) {
  MustBeOpen(info.Env());
  Call call{ReadInteger<int>(info[0], "fd"), OptionAt(info[1]), false};
  call.option.codec->encode(info[2], call.bytes);
  calls_.push_back(std::move(call));
}

// (fd, optionIndex, question?)
void Batch::Get(const Napi::CallbackInfo& info) {
  MustBeOpen(info.Env());
  Call call{ReadInteger<int>(info[0], "fd"), OptionAt(info[1]), true};
  EncodeQuestion(*call.option.codec, info.Length() > 2 ? info[2] : Napi::Value(), call.bytes);
  calls_.push_back(std::move(call));
}

// (callback)
void Batch::Run(const Napi::CallbackInfo& info) { Start(Value(), info[0], "sockctl.Batch"); }

void Batch::Work() {
  for (Call& call : calls_) call.Perform();
  descriptors_.clear();
}

// () -> Int32Array, in the order the calls were added
Napi::Value Batch::Outcomes(const Napi::CallbackInfo& info) {
  Napi::Int32Array outcomes = Napi::Int32Array::New(info.Env(), calls_.size());
  for (size_t i = 0; i < calls_.size(); ++i) outcomes[i] = calls_.at(i).outcome;
  return outcomes;
}

// (): ready for other calls
void Batch::Clear(const Napi::CallbackInfo& info) {
  Reopen(info.Env());
  calls_.clear();
  descriptors_.clear();
}

// (callNumber) -> what was read
Napi::Value Batch::Answer(const Napi::CallbackInfo& info) {
  const auto number = ReadInteger<uint32_t>(info[0], "callNumber");
  if (number >= calls_.size()) throw Napi::RangeError::New(info.Env(), "the batch has no call of this number");
  const Call& call = calls_.at(number);
  return call.option.codec->decode(info.Env(), call.bytes);
}

}  // namespace sockctl
