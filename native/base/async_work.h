#pragma once
#include <napi.h>

namespace sockctl {

// One trip to a worker thread and back, for a JavaScript object that carries the work and holds its results.
class AsyncWork {
 public:
  AsyncWork() = default;
  AsyncWork(const AsyncWork&) = delete;
  AsyncWork& operator=(const AsyncWork&) = delete;
  virtual ~AsyncWork();

 protected:
  // On the worker thread: no JavaScript.
  virtual void Work() = 0;
  // Calls `callback` without arguments when Work is done. `carrier` stays alive until then.
  void Start(const Napi::Object& carrier, const Napi::Value& callback, const char* resource);
  // Throws once started: what the worker uses must not change under it.
  void MustBeOpen(Napi::Env env) const;
  // For another trip; throws where this one is not over.
  void Reopen(Napi::Env env);

 private:
  static void Execute(napi_env env, void* data);
  static void Complete(napi_env env, napi_status status, void* data);

  napi_env env_ = nullptr;
  napi_async_work work_ = nullptr;
  Napi::FunctionReference callback_;
  Napi::ObjectReference carrier_;
};

}  // namespace sockctl
