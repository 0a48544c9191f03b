// The question of MPTCP_FULL_INFO, of bytes of any length: its pointers lead into the room that it names.
#include "codec/mptcp_full_info.h"

#include <cstdlib>
#include <cstring>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  sockctl::Bytes question;
  question.Resize(size * 100);
  if (size > 0) std::memcpy(question.data(), bytes, size);
  sockctl::SetFullInfoPointers(question);
  uint32_t numbers[6] = {};
  uint64_t pointers[2] = {};
  std::memcpy(numbers, question.data(), sizeof numbers);
  std::memcpy(pointers, question.data() + sizeof numbers, sizeof pointers);
  const auto begin = reinterpret_cast<uintptr_t>(question.data());
  const uint64_t end = begin + question.size();
  const auto [tcp_info_kernel, tcp_info_size, subflow_kernel, subflow_size, subflows, room] = numbers;
  // What the kernel fills must be zero, or it refuses the question.
  if (tcp_info_kernel != 0 || subflow_kernel != 0 || subflows != 0) std::abort();
  if (pointers[0] < begin + sockctl::kFullInfoHead || pointers[0] + uint64_t{room} * subflow_size > pointers[1])
    std::abort();
  if (pointers[1] + uint64_t{room} * tcp_info_size > end) std::abort();
  return 0;
}
