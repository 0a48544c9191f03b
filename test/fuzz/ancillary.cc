// Control messages of any level, type and length, well-formed or cut short, as recvmmsg would leave them.
#include "datagram/ancillary.h"

#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  FuzzedDataProvider data(bytes, size);
  std::vector<uint8_t> control;
  while (data.remaining_bytes() > 0 && data.ConsumeProbability<float>() < 0.95F) {
    const auto payload = data.ConsumeBytes<uint8_t>(data.ConsumeIntegralInRange<size_t>(0, 64));
    cmsghdr header{};
    header.cmsg_level = data.PickValueInArray<int>({SOL_SOCKET, IPPROTO_IP, IPPROTO_IPV6, IPPROTO_UDP, 263, 0});
    header.cmsg_type = data.ConsumeIntegralInRange<int>(0, 90);
    header.cmsg_len =
        data.ConsumeProbability<float>() < 0.9F ? CMSG_LEN(payload.size()) : data.ConsumeIntegral<size_t>();
    const size_t start = control.size();
    control.resize(start + CMSG_SPACE(payload.size()));
    std::memcpy(control.data() + start, &header, sizeof header);
    if (!payload.empty()) std::memcpy(control.data() + start + CMSG_LEN(0), payload.data(), payload.size());
  }
  // The room ends where the bytes end, on the heap, so that a read past it is seen.
  std::vector<uint8_t> room(control);
  msghdr message{};
  message.msg_control = room.data();
  message.msg_controllen = room.empty() ? 0 : data.ConsumeIntegralInRange<size_t>(0, room.size());
  sockctl::AddressTable addresses;
  // As long as there are columns, so that a write past them is seen.
  std::vector<sockctl::Cell> cells(sockctl::Columns().size());
  std::vector<sockctl::ControlMessage> others;
  const sockctl::Ancillary ancillary = sockctl::ReadAncillary(message, addresses, cells.data(), others);
  size_t total = 0;
  for (const auto& other : others) total += other.data.size();
  if (total > room.size()) std::abort();
  if (uint64_t{ancillary.filled} >> cells.size() != 0) std::abort();
  return 0;
}
