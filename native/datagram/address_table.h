// Numbers for addresses, so that a table of integers can name them.
#pragma once
#include <array>
#include <string>
#include <unordered_map>
#include <vector>

#include "datagram/address_key.h"

namespace sockctl {

struct AddressKeyHash {
  size_t operator()(const AddressKey& key) const;
};

// Gives each address a small number. A feed has few senders, so JavaScript makes few texts.
class AddressTable {
 public:
  uint32_t NumberOf(const AddressKey& key) {
    for (size_t index = 0; index < recent_.size(); ++index) {
      if (!(recent_[index].key == key) || !recent_[index].known) continue;
      newest_ = index;
      return recent_[index].number;
    }
    return FindNumber(key);
  }
  // Throws std::out_of_range if no address has the number.
  [[nodiscard]] std::string TextAt(uint32_t number) const;
  [[nodiscard]] bool Full() const { return keys_.size() >= kMaxAddresses; }
  void Clear();

 private:
  uint32_t FindNumber(const AddressKey& key);

  static constexpr size_t kMaxAddresses = 4096;
  std::unordered_map<AddressKey, uint32_t, AddressKeyHash> numbers_;
  std::vector<AddressKey> keys_;
  // The addresses asked for last: a datagram mostly has the source and the destination of the one before.
  struct Recent {
    bool known;
    AddressKey key;
    uint32_t number;
  };
  std::array<Recent, 2> recent_{};
  size_t newest_ = 0;
};

}  // namespace sockctl
