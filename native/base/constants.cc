// The object that JavaScript reads as `constants`.
#include "base/constants.h"

namespace sockctl {

Napi::Object Constants(Napi::Env env) {
  Napi::Object object = Napi::Object::New(env);
  for (const Constant& constant : SystemConstants()) object.Set(constant.name, constant.value);
  return object;
}

}  // namespace sockctl
