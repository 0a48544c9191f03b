// Opens a socket's descriptor: open_descriptor_linux.cc, open_descriptor_darwin.cc.
#pragma once
#include <utility>

#include "base/unique_fd.h"

namespace sockctl {

// The descriptor is nonblocking, and closed by exec. If it can't be opened, the answer is not valid and errno says why.
UniqueFd OpenDescriptor(int family, int type, int protocol);

// The same for a connection that waits at a listening socket, and for two Unix sockets connected to each other.
UniqueFd AcceptDescriptor(int listening);
std::pair<UniqueFd, UniqueFd> OpenPair(int type);

}  // namespace sockctl
