// The environment's instance data.
#include "base/environment.h"

namespace sockctl {

// Node-API deletes the data when the environment ends.
void Environment::Open(Napi::Env env) { env.SetInstanceData(std::make_unique<Environment>().release()); }

}  // namespace sockctl
