#pragma once
#include <string>
#include <unordered_map>
#include <vector>

#include "datagram/ancillary.h"

namespace sockctl {

struct AddressKeyHash {
  size_t operator()(const AddressKey& key) const;
};
struct AddressKeyEqual {
  bool operator()(const AddressKey& left, const AddressKey& right) const;
};

// Addresses as small numbers: a feed has few senders, so JavaScript makes the text of each once, not of each datagram.
class AddressTable {
 public:
  uint32_t NumberOf(const AddressKey& key);
  // Throws std::out_of_range.
  [[nodiscard]] std::string TextAt(uint32_t number) const;
  [[nodiscard]] bool Full() const { return keys_.size() >= kMost; }
  void Clear();

 private:
  static constexpr size_t kMost = 4096;
  std::unordered_map<AddressKey, uint32_t, AddressKeyHash, AddressKeyEqual> numbers_;
  std::vector<AddressKey> keys_;
  uint32_t last_ = 0;
};

}  // namespace sockctl
