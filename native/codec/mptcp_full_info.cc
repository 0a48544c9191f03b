// The question of MPTCP_FULL_INFO.
#include "codec/mptcp_full_info.h"

#include <algorithm>
#include <cstring>

namespace sockctl {
namespace {

// The fields before struct mptcp_info.
struct Head {
  uint32_t size_tcpinfo_kernel;
  uint32_t size_tcpinfo_user;
  uint32_t size_sfinfo_kernel;
  uint32_t size_sfinfo_user;
  uint32_t num_subflows;
  uint32_t size_arrays_user;
  uint64_t subflow_info;
  uint64_t tcp_info;
};

}  // namespace

void SetFullInfoPointers(Bytes& bytes) {
  if (bytes.size() < kFullInfoRoom) bytes.Resize(kFullInfoRoom);
  std::memset(bytes.data(), 0, bytes.size());
  Head head{};
  head.size_tcpinfo_user = kTcpInfoRoom;
  head.size_sfinfo_user = kSubflowInfoSize;
  head.size_arrays_user = kMaxSubflows;
  const auto arrays = reinterpret_cast<uintptr_t>(bytes.data()) + kFullInfoHead;
  head.subflow_info = arrays;
  head.tcp_info = arrays + kMaxSubflows * kSubflowInfoSize;
  std::memcpy(bytes.data(), &head, sizeof head);
}

}  // namespace sockctl
