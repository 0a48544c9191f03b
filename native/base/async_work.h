// Work on one of Node's worker threads.
#pragma once
#include <napi.h>

namespace sockctl {

// One hop to a worker thread and back, for a JavaScript object that carries the work and holds its results.
class AsyncWork {
 public:
  AsyncWork() = default;
  AsyncWork(const AsyncWork&) = delete;
  AsyncWork& operator=(const AsyncWork&) = delete;
  virtual ~AsyncWork();

 protected:
  // Runs on the worker thread, where no JavaScript value may be touched.
  virtual void Work() = 0;
  // Calls `callback` without arguments when Work is done, and keeps `carrier` alive until then.
  void Start(const Napi::Object& carrier, const Napi::Value& callback, const char* resource);
  // Throws once the work is started: its data must not change while the worker thread uses it.
  void MustBeOpen(Napi::Env env) const;
  // Makes ready for another hop; throws if the one before is not over.
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
