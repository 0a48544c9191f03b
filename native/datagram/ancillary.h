// Reads the control messages that a datagram is received with.
#pragma once
#include <sys/socket.h>

#include <cstdint>
#include <string_view>
#include <vector>

#include "datagram/address_key.h"
#include "datagram/address_table.h"

namespace sockctl {

// The names of the columns that control messages fill, at most 32. Cells and the bits of `Ancillary::filled` are in the
// same order.
std::vector<std::string_view> Columns();

// What a control message tells of a datagram, as JavaScript reads it.
union Cell {
  int32_t integer;
  int64_t nanoseconds;
  struct {
    // Its number in the AddressTable, which JavaScript asks for the text.
    int32_t address;
    int32_t port;
  } endpoint;
  struct {
    int32_t process;
    uint32_t user;
    uint32_t group;
  } credentials;
  struct {
    // The priority, the drop eligible bit and the identifier. IEEE 802.1Q
    int32_t control;
    int32_t protocol;
  } vlan;
};
static_assert(sizeof(Cell) == 16, "lib/datagram/datagram.ts reads cells of 16 bytes");

// A control message that fills no column.
struct ControlMessage {
  int level;
  int type;
  std::vector<uint8_t> data;
};

// The destination of a datagram, and the interface it came in on.
struct Destination {
  bool known;
  AddressKey address;
  bool broadcast;
  int32_t interface;
};

struct Ancillary {
  Destination destination;
  // The length of each of the coalesced datagrams, the last of which may be shorter (UDP_GRO). 0: one datagram.
  int32_t segment;
  // A bit for each column.
  uint32_t filled;
};

// Reads the control messages of one datagram into its cells, one for each column. Messages the reader does not know go
// to `others`.
Ancillary ReadAncillary(msghdr& message, AddressTable& addresses, Cell* cells, std::vector<ControlMessage>& others);

// In nanoseconds; 0: not told.
struct Timestamps {
  int64_t software;
  int64_t hardware;
};

// False: the control message holds no timestamp.
bool ReadTimestamps(const cmsghdr& header, Timestamps& times);

}  // namespace sockctl
