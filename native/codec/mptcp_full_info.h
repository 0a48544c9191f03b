// struct mptcp_full_info of <linux/mptcp.h>, which Linux 6.5 brought, and the arrays that its pointers lead to.
#pragma once
#include <sys/socket.h>

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace sockctl {

// The struct, room for a struct mptcp_info at its end, then the array of subflows, then that of their tcp_info:
// lib/options/codecs/mptcp.ts reads it.
constexpr size_t kFullInfoHead = 256;
constexpr size_t kMaxSubflows = 32;
constexpr size_t kTcpInfoRoom = 320;
// struct mptcp_subflow_info: an id, then both addresses.
constexpr size_t kSubflowInfoSize = alignof(sockaddr_storage) + 2 * sizeof(sockaddr_storage);
constexpr size_t kFullInfoRoom = kFullInfoHead + kMaxSubflows * (kSubflowInfoSize + kTcpInfoRoom);

// Makes a question of the bytes: how long an element of each array is, how many there is room for, and where.
void SetFullInfoPointers(Bytes& bytes);

}  // namespace sockctl
