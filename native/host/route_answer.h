// Reads the answer to RTM_GETROUTE: bytes in, an interface out.
#pragma once
#include <cstddef>
#include <cstdint>

namespace sockctl {

// The index of the interface by which the route leaves; -errno if the answer is an error, no route, or cut short.
int InterfaceOfRoute(const uint8_t* answer, size_t length);

}  // namespace sockctl
