// The control messages a datagram is received with: what the reader takes from them, and the columns they fill.
#pragma once
#include <sys/socket.h>

#include <cstdint>
#include <string_view>
#include <vector>

#include "datagram/address_key.h"
#include "datagram/address_table.h"

namespace sockctl {

// The columns of the table that JavaScript reads, one for each thing that control messages tell: at most 32. Their
// order is that of the cells, and of the bits of `Ancillary::filled`.
std::vector<std::string_view> Columns();

union Cell {
  int32_t integer;
  int64_t nanoseconds;
  struct {
    // Its number in the AddressTable.
    int32_t address;
    int32_t port;
  } endpoint;
};

// A control message that fills no column.
struct ControlMessage {
  int level;
  int type;
  std::vector<uint8_t> data;
};

// Where a datagram was sent, and the interface it came in on.
struct Destination {
  bool known;
  AddressKey address;
  bool broadcast;
  int32_t interface;
};

struct Ancillary {
  Destination destination;
  // Coalesced datagrams (UDP_GRO) are each so long, the last maybe shorter. 0: one datagram.
  int32_t segment;
  // A bit for each column.
  uint32_t filled;
};

// Reads the control messages of one datagram into its cells, one for each column. Messages the reader does not know go
// to `others`.
Ancillary ReadAncillary(msghdr& message, AddressTable& addresses, Cell* cells, std::vector<ControlMessage>& others);

// In nanoseconds; 0: not said.
struct Timestamps {
  int64_t software;
  int64_t hardware;
};

// False: the control message holds no timestamp.
bool ReadTimestamps(const cmsghdr& header, Timestamps& times);

}  // namespace sockctl
