// What all waiters have in common: the callback, and the end.
#include "datagram/waiter.h"

namespace sockctl {

void Waiter::Start(napi_value callback) {
  DropCallback();
  if (napi_create_reference(env_, callback, 1, &callback_) == napi_ok) Begin();
}

void Waiter::Stop() {
  End();
  DropCallback();
}

void Waiter::Close() {
  if (owner_ == nullptr) return;
  DropCallback();
  *owner_ = nullptr;
  owner_ = nullptr;
  // A program that has closed everything and counts its descriptors must not find this one still open until the runtime
  // has let the waiter go.
  const UniqueFd epoll = std::move(epoll_);
  LetGo(epoll.get());
}

// Plain Node-API, not its C++ wrapper: while a worker_threads worker is being terminated nothing here may throw.
void Waiter::CallBack() {
  if (callback_ == nullptr) return;
  napi_env env = env_;
  const Napi::HandleScope scope(env);
  napi_value callback = nullptr;
  napi_value receiver = nullptr;
  napi_value answer = nullptr;  // needed: Deno writes it without a look
  if (napi_get_reference_value(env, callback_, &callback) != napi_ok || callback == nullptr) return;
  if (napi_get_global(env, &receiver) != napi_ok) return;
  if (napi_make_callback(env, nullptr, receiver, callback, 0, nullptr, &answer) != napi_pending_exception) return;
  // No JavaScript is above this call, so the error becomes an uncaught exception.
  napi_value error = nullptr;
  if (napi_get_and_clear_last_exception(env, &error) == napi_ok) napi_fatal_exception(env, error);
}

void Waiter::DropCallback() {
  if (callback_ != nullptr) napi_delete_reference(env_, callback_);
  callback_ = nullptr;
}

}  // namespace sockctl
