#include "base/environment.h"

namespace sockctl {

// It is deleted when the environment ends.
void Environment::Open(Napi::Env env) { env.SetInstanceData(std::make_unique<Environment>().release()); }

}  // namespace sockctl
