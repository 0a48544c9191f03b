// Which of the datagrams that the kernel hands over a receiver delivers.
#pragma once
#include <array>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "codec/filter_mode.h"
#include "datagram/ancillary.h"

namespace sockctl {

// The datagrams that one socket of a receiver delivers. The kernel hands an IPv6 socket a group's datagrams from any
// interface of the host. If a socket has joined a group on two interfaces, the newest join's filter decides for both.
class DeliveryRules {
 public:
  // Whether datagrams to this host, and to all hosts, are delivered.
  void Admit(bool unicast, bool broadcast) {
    unicast_ = unicast;
    broadcast_ = broadcast;
  }
  void Set(const AddressKey& group, int interface, FilterMode mode, const std::vector<AddressKey>& sources);
  [[nodiscard]] bool Accepts(const Destination& destination, const AddressKey& source) const;

 private:
  using Address = std::array<uint8_t, sizeof(in6_addr)>;
  struct Rule {
    FilterMode mode;
    std::set<Address> sources;
  };
  static Address BytesOf(const AddressKey& key);

  std::map<std::pair<int, Address>, Rule> groups_;
  bool unicast_ = true;
  bool broadcast_ = true;
};

}  // namespace sockctl
