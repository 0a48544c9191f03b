// Sources of messages of any family and length, as recvmmsg would leave them.
#include "datagram/source.h"

#include <fuzzer/FuzzedDataProvider.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "base/unix_path.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  FuzzedDataProvider data(bytes, size);
  sockctl::AddressTable addresses;
  while (data.remaining_bytes() > 0) {
    const auto family = data.PickValueInArray<sa_family_t>(
        {AF_UNSPEC, AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_VSOCK, 99});
    const int expected = data.PickValueInArray<int>({AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_VSOCK});
    const auto rest = data.ConsumeBytes<uint8_t>(data.ConsumeIntegralInRange<size_t>(0, sizeof(sockaddr_storage) - 2));
    sockaddr_storage sender{};
    sender.ss_family = family;
    if (!rest.empty()) std::memcpy(reinterpret_cast<uint8_t*>(&sender) + sizeof family, rest.data(), rest.size());
    const auto length = data.ConsumeIntegralInRange<socklen_t>(0, sizeof sender);
    if (addresses.Full()) addresses.Clear();
    const sockctl::SourceNumbers numbers = sockctl::ReadSource(expected, sender, length, addresses);
    const bool has_address = expected == AF_INET || expected == AF_INET6 || expected == AF_PACKET;
    // The number of an address always has a text.
    if (has_address && addresses.TextAt(static_cast<uint32_t>(numbers.address)).size() > 64) std::abort();
    if (sockctl::UnixPath(sender, length).size() > sizeof(sockaddr_un)) std::abort();
  }
  return 0;
}
