// Any answer of getsockopt to a question for a whole source filter: how much room it says it needs.
#include "codec/source_filters.h"

#include <cstdint>
#include <cstdlib>
#include <cstring>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sockctl::Bytes answer;
  answer.Resize(size);
  if (size > 0) std::memcpy(answer.data(), data, size);
  // A count of 32 bits times the size of an address, and the head before it.
  constexpr size_t kLongest = 144 + (size_t{1} << 32) * sizeof(sockaddr_storage);
  if (sockctl::IpMsfilterRoomNeeded(answer, size) > kLongest || sockctl::GroupFilterRoomNeeded(answer, size) > kLongest)
    std::abort();
  if (size >= sockctl::kIpMsfilterRoom) sockctl::SetIpMsfilterCapacity(answer);
  if (size >= sockctl::kGroupFilterRoom) sockctl::SetGroupFilterCapacity(answer);
  if (answer.size() != size) std::abort();
  return 0;
}
