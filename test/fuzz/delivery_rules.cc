// Random rules, and what they accept, against a model that keeps the last rule of each group on each interface.
#include "datagram/delivery_rules.h"

#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <utility>

using sockctl::AddressKey;
using sockctl::AddressKind;
using sockctl::FilterMode;

namespace {

// Few addresses, so that rules and datagrams meet.
AddressKey AddressOf(FuzzedDataProvider& data, bool group) {
  if (data.ConsumeBool()) {
    in_addr address{};
    address.s_addr = htonl((group ? 0xef000000U : 0x0a000000U) + data.ConsumeIntegralInRange<uint32_t>(0, 3));
    return sockctl::AddressKeyOf(address);
  }
  AddressKey key{};
  key.address.s6_addr[0] = group ? 0xff : 0xfd;
  key.address.s6_addr[15] = data.ConsumeIntegralInRange<uint8_t>(0, 3);
  return key;
}

std::string TextOf(const AddressKey& key) { return {reinterpret_cast<const char*>(&key.address), sizeof key.address}; }

struct Rule {
  FilterMode mode;
  std::vector<std::string> sources;
};

using Rules = std::map<std::pair<int, std::string>, Rule>;

// IPv4 is filtered by the kernel; without a rule the kernel alone decides of IPv6 too.
bool Wanted(const Rules& rules, int interface, const AddressKey& group, const AddressKey& source) {
  if (group.kind == AddressKind::kIpv4 || rules.empty()) return true;
  const auto found = rules.find({interface, TextOf(group)});
  if (found == rules.end()) return false;
  const auto& [mode, sources] = found->second;
  const bool listed = std::find(sources.begin(), sources.end(), TextOf(source)) != sources.end();
  return listed == (mode == FilterMode::kInclude);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  FuzzedDataProvider data(bytes, size);
  sockctl::DeliveryRules rules;
  Rules model;
  rules.Admit(true, true);
  while (data.remaining_bytes() > 0) {
    const AddressKey group = AddressOf(data, true);
    const int interface = data.ConsumeIntegralInRange<int>(1, 3);
    if (data.ConsumeBool()) {
      const auto mode = data.PickValueInArray({FilterMode::kNone, FilterMode::kInclude, FilterMode::kExclude});
      std::vector<AddressKey> sources(data.ConsumeIntegralInRange<size_t>(0, 3));
      Rule rule{mode, {}};
      for (AddressKey& source : sources) {
        source = AddressOf(data, false);
        rule.sources.push_back(TextOf(source));
      }
      rules.Set(group, interface, mode, sources);
      if (mode == FilterMode::kNone)
        model.erase({interface, TextOf(group)});
      else
        model[{interface, TextOf(group)}] = rule;
      continue;
    }
    const sockctl::Destination destination{true, group, false, interface};
    const AddressKey source = AddressOf(data, false);
    if (rules.Accepts(destination, source) != Wanted(model, interface, group, source)) std::abort();
  }
  return 0;
}
