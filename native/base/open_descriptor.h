// Opens a socket's descriptor: open_descriptor_linux.cc, open_descriptor_darwin.cc.
#pragma once
#include "base/unique_fd.h"

namespace sockctl {

// The descriptor is nonblocking, and closed by exec. If it can't be opened, the answer is not valid and errno says why.
UniqueFd OpenDescriptor(int family, int type, int protocol);

}  // namespace sockctl
