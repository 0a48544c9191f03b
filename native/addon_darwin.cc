// What the addon exports on macOS beside addon.cc: nothing.
#include "addon.h"

namespace sockctl {

void AddSystemExports(Napi::Object& /*exports*/) {}

}  // namespace sockctl
