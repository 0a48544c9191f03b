// AsyncWork by Node-API's own functions.
#include "base/async_work.h"

namespace sockctl {

AsyncWork::~AsyncWork() {
  if (work_ != nullptr) napi_delete_async_work(env_, work_);
}

void AsyncWork::Start(const Napi::Object& carrier, const Napi::Value& callback, const char* resource) {
  env_ = carrier.Env();
  MustBeOpen(env_);
  if (!callback.IsFunction()) throw Napi::TypeError::New(env_, "a callback is needed");
  const Napi::String name = Napi::String::New(env_, resource);
  if (napi_create_async_work(env_, nullptr, name, Execute, Complete, this, &work_) != napi_ok ||
      napi_queue_async_work(env_, work_) != napi_ok)
    throw Napi::Error::New(env_, "no worker thread can be reached");
  callback_ = Napi::Persistent(callback.As<Napi::Function>());
  carrier_ = Napi::Persistent(carrier);
}

void AsyncWork::MustBeOpen(Napi::Env env) const {
  if (work_ != nullptr) throw Napi::Error::New(env, "this work has been sent");
}

void AsyncWork::Reopen(Napi::Env env) {
  if (!carrier_.IsEmpty()) throw Napi::Error::New(env, "this work is under way");
  if (work_ != nullptr) napi_delete_async_work(env_, work_);
  work_ = nullptr;
}

void AsyncWork::Execute(napi_env /*env*/, void* data) { static_cast<AsyncWork*>(data)->Work(); }

// Node-API without its C++ wrapper, which would throw: nothing here may throw while a worker_threads worker is being
// terminated.
void AsyncWork::Complete(napi_env env, napi_status /*status*/, void* data) {
  auto* work = static_cast<AsyncWork*>(data);
  const Napi::HandleScope scope(env);
  napi_value receiver = nullptr;
  napi_value answer = nullptr;  // needed: Deno writes it without a look
  napi_value callback = work->callback_.Value();
  work->callback_.Reset();
  work->carrier_.Reset();
  if (napi_get_global(env, &receiver) == napi_ok)
    napi_make_callback(env, nullptr, receiver, callback, 0, nullptr, &answer);
}

}  // namespace sockctl
