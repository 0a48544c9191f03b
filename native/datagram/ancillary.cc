// Reads the control messages that a datagram is received with: one row for each column they fill.
#include "datagram/ancillary.h"

#include <linux/errqueue.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <sys/time.h>

#include <array>
#include <cstring>
#include <ctime>

#include "datagram/descriptors.h"
#include "datagram/message_type.h"

#ifndef UDP_GRO
#define UDP_GRO 104
#endif
#ifndef IP_RECVORIGDSTADDR
#define IP_RECVORIGDSTADDR 20
#endif
#ifndef IPV6_RECVORIGDSTADDR
#define IPV6_RECVORIGDSTADDR 74
#endif

namespace sockctl {
namespace {

template <class T>
bool Load(const cmsghdr& header, T& value) {
  if (header.cmsg_len < CMSG_LEN(sizeof value)) return false;
  std::memcpy(&value, CMSG_DATA(&header), sizeof value);
  return true;
}

// The kernel gives some numbers as an int and some as a byte.
bool LoadInteger(const cmsghdr& header, int32_t& value) {
  if (Load(header, value)) return true;
  uint8_t byte = 0;
  if (!Load(header, byte)) return false;
  value = byte;
  return true;
}

// Computed unsigned: a clock may be set to any time, and signed numbers must not overflow.
int64_t Nanoseconds(int64_t seconds, int64_t parts, uint64_t each = 1) {
  return static_cast<int64_t>(static_cast<uint64_t>(seconds) * 1000000000U + static_cast<uint64_t>(parts) * each);
}

// Whether the message lies in the room that it was received into.
bool IsWhole(const msghdr& message, const cmsghdr& header) {
  const auto start =
      static_cast<size_t>(reinterpret_cast<const uint8_t*>(&header) - static_cast<const uint8_t*>(message.msg_control));
  return header.cmsg_len >= CMSG_LEN(0) && header.cmsg_len <= message.msg_controllen - start;
}

bool Is(const cmsghdr& header, int level, int type) { return header.cmsg_level == level && header.cmsg_type == type; }

// Fills the cell of a column from a message. False: the message does not tell it.
using Fill = bool (*)(const cmsghdr& header, AddressTable& addresses, Cell& cell);

bool FillInteger(const cmsghdr& header, AddressTable& /*addresses*/, Cell& cell) {
  return LoadInteger(header, cell.integer);
}

bool FillTimestamp(const cmsghdr& header, AddressTable& /*addresses*/, Cell& cell) {
  Timestamps times{};
  // Two messages fill this column, and one of them may hold no time.
  if (!ReadTimestamps(header, times) || times.software == 0) return false;
  cell.nanoseconds = times.software;
  return true;
}

bool FillHardwareTimestamp(const cmsghdr& header, AddressTable& /*addresses*/, Cell& cell) {
  Timestamps times{};
  if (!ReadTimestamps(header, times)) return false;
  cell.nanoseconds = times.hardware;
  return times.hardware != 0;
}

bool FillEndpoint(const cmsghdr& header, AddressTable& addresses, Cell& cell) {
  sockaddr_storage address{};
  const size_t length = header.cmsg_len - CMSG_LEN(0);
  if (length < sizeof(sockaddr_in) || length > sizeof address) return false;
  std::memcpy(&address, CMSG_DATA(&header), length);
  sockaddr_in in4{};
  std::memcpy(&in4, &address, sizeof in4);
  cell.endpoint = {static_cast<int32_t>(addresses.NumberOf(AddressKeyOf(address))), ntohs(in4.sin_port)};
  return true;
}

bool FillCredentials(const cmsghdr& header, AddressTable& /*addresses*/, Cell& cell) {
  ucred sender{};
  if (!Load(header, sender)) return false;
  cell.credentials = {sender.pid, sender.uid, sender.gid};
  return true;
}

bool FillVlan(const cmsghdr& header, AddressTable& /*addresses*/, Cell& cell) {
  tpacket_auxdata packet{};
  if (!Load(header, packet) || (packet.tp_status & TP_STATUS_VLAN_VALID) == 0) return false;
  const bool named = (packet.tp_status & TP_STATUS_VLAN_TPID_VALID) != 0;
  cell.vlan = {packet.tp_vlan_tci, named ? packet.tp_vlan_tpid : ETH_P_8021Q};
  return true;
}

bool FillFrameLength(const cmsghdr& header, AddressTable& /*addresses*/, Cell& cell) {
  tpacket_auxdata packet{};
  if (!Load(header, packet)) return false;
  cell.integer = static_cast<int32_t>(packet.tp_len);
  return true;
}

// Told only if true: the checksum is still to be computed, by the card or by whoever takes the packet.
bool FillPartialChecksum(const cmsghdr& header, AddressTable& /*addresses*/, Cell& cell) {
  tpacket_auxdata packet{};
  cell.integer = 1;
  return Load(header, packet) && (packet.tp_status & TP_STATUS_CSUMNOTREADY) != 0;
}

struct Row {
  std::string_view column;
  Fill fill;
  // The messages that fill the column.
  std::array<MessageType, 3> messages;
};

// One row for each column. lib/datagram/ancillary.ts has the other row, of the same name.
constexpr std::array kRows{
    Row{"timestamp",
        FillTimestamp,
        {{{SOL_SOCKET, SCM_TIMESTAMPNS}, {SOL_SOCKET, SCM_TIMESTAMP}, {SOL_SOCKET, SCM_TIMESTAMPING}}}},
    Row{"hardwareTimestamp", FillHardwareTimestamp, {{{SOL_SOCKET, SCM_TIMESTAMPING}}}},
    Row{"hopLimit", FillInteger, {{{IPPROTO_IP, IP_TTL}, {IPPROTO_IPV6, IPV6_HOPLIMIT}}}},
    Row{"trafficClass", FillInteger, {{{IPPROTO_IP, IP_TOS}, {IPPROTO_IPV6, IPV6_TCLASS}}}},
    Row{"checksum", FillInteger, {{{IPPROTO_IP, IP_CHECKSUM}}}},
    Row{"originalDestination",
        FillEndpoint,
        {{{IPPROTO_IP, IP_RECVORIGDSTADDR}, {IPPROTO_IPV6, IPV6_RECVORIGDSTADDR}}}},
    Row{"credentials", FillCredentials, {{{SOL_SOCKET, SCM_CREDENTIALS}}}},
    Row{"vlan", FillVlan, {{{SOL_PACKET, PACKET_AUXDATA}}}},
    Row{"frameLength", FillFrameLength, {{{SOL_PACKET, PACKET_AUXDATA}}}},
    Row{"partialChecksum", FillPartialChecksum, {{{SOL_PACKET, PACKET_AUXDATA}}}},
};
static_assert(kRows.size() <= 32, "Ancillary::filled has a bit for each");

// The levels and types there are rows for.
constexpr std::array<int, 4> kLevels{SOL_SOCKET, IPPROTO_IP, IPPROTO_IPV6, SOL_PACKET};
constexpr size_t kTypes = 128;

constexpr size_t IndexOf(int level) {
  size_t index = 0;
  while (index < kLevels.size() && kLevels[index] != level) ++index;
  return index;
}

using ColumnBits = std::array<std::array<uint32_t, kTypes>, kLevels.size()>;

constexpr ColumnBits ListColumnBits() {
  ColumnBits bits{};
  for (size_t column = 0; column < kRows.size(); ++column)
    for (const MessageType& message : kRows.at(column).messages)
      if (message.level >= 0) bits.at(IndexOf(message.level)).at(message.type) |= 1U << column;
  return bits;
}

// The columns that a message of a level and a type fills, so that one more row costs the other messages no time.
constexpr ColumnBits kColumnBits = ListColumnBits();

uint32_t ColumnBitsOf(const cmsghdr& header) {
  const size_t level = IndexOf(header.cmsg_level);
  const auto type = static_cast<size_t>(header.cmsg_type);
  return level < kLevels.size() && type < kTypes ? kColumnBits[level][type] : 0;
}

// False: no column is for the message.
bool FillCells(const cmsghdr& header, AddressTable& addresses, Cell* cells, uint32_t& filled) {
  const uint32_t columns = ColumnBitsOf(header);
  for (uint32_t rest = columns; rest != 0; rest &= rest - 1) {
    const auto column = static_cast<size_t>(__builtin_ctz(rest));
    if (kRows[column].fill(header, addresses, cells[column])) filled |= 1U << column;
  }
  return columns != 0;
}

// Reads the messages that the reader itself needs. False: the message is none of them.
bool FillAncillary(const cmsghdr& header, Ancillary& ancillary) {
  if (Is(header, IPPROTO_IP, IP_PKTINFO)) {
    in_pktinfo info{};
    if (!Load(header, info)) return false;
    // A broadcast is sent to an address that is not the one it is received on.
    const bool broadcast =
        info.ipi_addr.s_addr != info.ipi_spec_dst.s_addr && !IN_MULTICAST(ntohl(info.ipi_addr.s_addr));
    // An IPv6 socket tells of an IPv4 datagram twice, and its own message has the address as the socket writes it.
    if (!ancillary.destination.known)
      ancillary.destination = {true, AddressKeyOf(info.ipi_addr), broadcast, info.ipi_ifindex};
    ancillary.destination.broadcast = broadcast;
    return true;
  }
  if (Is(header, IPPROTO_IPV6, IPV6_PKTINFO)) {
    in6_pktinfo info{};
    if (!Load(header, info)) return false;
    const bool broadcast = ancillary.destination.broadcast;
    ancillary.destination = {
        true, {info.ipi6_addr, 0, AddressKind::kIpv6}, broadcast, static_cast<int32_t>(info.ipi6_ifindex)};
    return true;
  }
  if (Is(header, IPPROTO_UDP, UDP_GRO)) return LoadInteger(header, ancillary.segment);
  // The number of drops is read with SO_MEMINFO, which tells it also while nothing arrives.
  return Is(header, SOL_SOCKET, SO_RXQ_OVFL);
}

}  // namespace

std::vector<std::string_view> Columns() {
  std::vector<std::string_view> columns;
  columns.reserve(kRows.size());
  for (const Row& row : kRows) columns.push_back(row.column);
  return columns;
}

bool ReadTimestamps(const cmsghdr& header, Timestamps& times) {
  if (header.cmsg_level != SOL_SOCKET) return false;
  timespec precise{};
  timeval coarse{};
  scm_timestamping both{};
  switch (header.cmsg_type) {
    case SCM_TIMESTAMPNS:
      if (!Load(header, precise)) return false;
      times.software = Nanoseconds(precise.tv_sec, precise.tv_nsec);
      return true;
    case SCM_TIMESTAMP:
      if (!Load(header, coarse)) return false;
      times.software = Nanoseconds(coarse.tv_sec, coarse.tv_usec, 1000);
      return true;
    case SCM_TIMESTAMPING:
      if (!Load(header, both)) return false;
      times.software = Nanoseconds(both.ts[0].tv_sec, both.ts[0].tv_nsec);
      times.hardware = Nanoseconds(both.ts[2].tv_sec, both.ts[2].tv_nsec);
      return true;
    default:
      return false;
  }
}

Ancillary ReadAncillary(msghdr& message, AddressTable& addresses, Cell* cells, std::vector<ControlMessage>& others) {
  Ancillary ancillary{};
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (!IsWhole(message, *header)) break;
    if (HasDescriptors(*header)) continue;
    if (FillCells(*header, addresses, cells, ancillary.filled) || FillAncillary(*header, ancillary)) continue;
    const auto* data = CMSG_DATA(header);
    others.push_back({header->cmsg_level, header->cmsg_type, {data, data + (header->cmsg_len - CMSG_LEN(0))}});
  }
  return ancillary;
}

}  // namespace sockctl
