// Addresses as numbers: each number gives back the text of the address that it was made for.
#include "datagram/address_table.h"

#include <fuzzer/FuzzedDataProvider.h>

#include <cstdlib>
#include <cstring>
#include <map>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  FuzzedDataProvider data(bytes, size);
  sockctl::AddressTable table;
  std::map<std::string, uint32_t> numbers;
  std::map<uint32_t, std::string> texts;
  while (data.remaining_bytes() > 0) {
    sockctl::AddressKey key{};
    const auto address = data.ConsumeBytes<uint8_t>(data.ConsumeIntegralInRange<size_t>(0, sizeof key.address));
    if (!address.empty()) std::memcpy(&key.address, address.data(), address.size());
    key.zone = data.ConsumeIntegralInRange<uint32_t>(0, 2);
    if (data.ConsumeBool()) {
      in_addr in4{};
      std::memcpy(&in4, &key.address, sizeof in4);
      key = sockctl::AddressKeyOf(in4);
    }
    if (data.ConsumeBool()) key = sockctl::HardwareAddressKey(address.data(), address.size());
    if (table.Full()) {
      table.Clear();
      numbers.clear();
      texts.clear();
    }
    const uint32_t number = table.NumberOf(key);
    const std::string text = table.TextAt(number);
    const std::string whole = std::string(reinterpret_cast<const char*>(&key.address), sizeof key.address) +
                              std::to_string(key.zone) + std::to_string(static_cast<int>(key.kind));
    const auto known = numbers.find(whole);
    if (known != numbers.end() && known->second != number) std::abort();
    if (texts.count(number) != 0 && texts[number] != text) std::abort();
    numbers[whole] = number;
    texts[number] = text;
  }
  return 0;
}
