// Opens a socket's descriptor: open_descriptor_linux.cc, open_descriptor_darwin.cc.
#pragma once
#include "base/unique_fd.h"

namespace sockctl {

// Nonblocking, and closed in programs that this one becomes (close-on-exec). Not valid and errno if that fails.
UniqueFd OpenDescriptor(int family, int type, int protocol);

}  // namespace sockctl
