#pragma once
#ifdef __linux__
#include <map>
#include <set>
#include <tuple>
#include <vector>

#include "ancillary.h"

namespace sockctl {

// What a receiver joined, socket by socket. The kernel hands an IPv6 socket a group's datagrams from any interface of
// the host, and where one group is joined on two interfaces the filter of the newest join decides for both.
class DeliveryRules {
 public:
  enum class Mode { kNone = 0, kInclude = 1, kExclude = 2 };

  void Set(int fd, const AddressKey& group, int interface, Mode mode, const std::vector<AddressKey>& sources);
  void Forget(int fd);
  // Only datagrams to groups; else unicast too, and broadcast from the receiver's first socket alone.
  void GroupsOnly(bool only) { groups_only_ = only; }
  [[nodiscard]] bool Accepts(int fd, bool first, const Ancillary& said, const AddressKey& source) const;

 private:
  struct Rule {
    Mode mode;
    std::set<std::vector<uint8_t>> sources;
  };
  using Key = std::tuple<int, int, std::vector<uint8_t>>;

  std::map<Key, Rule> rules_;
  bool groups_only_ = false;
};

}  // namespace sockctl
#endif
