// Any bytes as the kernel's answer to RTM_GETROUTE.
#include "host/route_answer.h"

#include <cstdlib>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // A copy of just this length, so that a read past its end is seen.
  const std::vector<uint8_t> bytes(data, data + size);
  const int index = sockctl::InterfaceOfRoute(bytes.data(), bytes.size());
  if (index == 0) std::abort();
  return 0;
}
