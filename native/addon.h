// How a function is exported, and the exports that only this system has: addon_linux.cc, addon_darwin.cc.
#pragma once
#include <napi.h>

namespace sockctl {

template <Napi::Value (*Function)(const Napi::CallbackInfo&)>
void Add(Napi::Object& exports, const char* name) {
  exports.Set(name, Napi::Function::New<Function>(exports.Env(), name));
}

void AddSystemExports(Napi::Object& exports);

}  // namespace sockctl
