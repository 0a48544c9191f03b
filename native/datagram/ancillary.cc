#include "datagram/ancillary.h"

#include <linux/errqueue.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <sys/time.h>

#include <cstring>
#include <ctime>

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

constexpr int64_t kNanoseconds = 1000000000;

int64_t Nanoseconds(const timespec& time) { return static_cast<int64_t>(time.tv_sec) * kNanoseconds + time.tv_nsec; }

// The kernel gives some of these as an int and some as a byte.
bool LoadSmall(const cmsghdr& header, int32_t& value) {
  if (Load(header, value)) return true;
  uint8_t byte = 0;
  if (!Load(header, byte)) return false;
  value = byte;
  return true;
}

bool ReadSocketLevel(const cmsghdr& header, Ancillary& said) {
  switch (header.cmsg_type) {
    case SCM_TIMESTAMPNS: {
      timespec time{};
      said.has_timestamp = Load(header, time);
      said.timestamp = Nanoseconds(time);
      return said.has_timestamp;
    }
    case SCM_TIMESTAMP: {
      timeval time{};
      said.has_timestamp = Load(header, time);
      said.timestamp = static_cast<int64_t>(time.tv_sec) * kNanoseconds + static_cast<int64_t>(time.tv_usec) * 1000;
      return said.has_timestamp;
    }
    case SCM_TIMESTAMPING: {
      scm_timestamping times{};
      if (!Load(header, times)) return false;
      const int64_t software = Nanoseconds({times.ts[0].tv_sec, times.ts[0].tv_nsec});
      const int64_t hardware = Nanoseconds({times.ts[2].tv_sec, times.ts[2].tv_nsec});
      if (software != 0) said.has_timestamp = true, said.timestamp = software;
      if (hardware != 0) said.has_hardware_timestamp = true, said.hardware_timestamp = hardware;
      return true;
    }
    case SO_RXQ_OVFL:  // SO_MEMINFO tells the same, also while nothing arrives
      return true;
    default:
      return false;
  }
}

bool ReadOriginal(const cmsghdr& header, Ancillary& said) {
  sockaddr_storage address{};
  const size_t length = header.cmsg_len - CMSG_LEN(0);
  if (length < sizeof(sockaddr_in) || length > sizeof address) return false;
  std::memcpy(&address, CMSG_DATA(&header), length);
  sockaddr_in in4{};
  std::memcpy(&in4, &address, sizeof in4);
  said.original = AddressKeyOf(address);
  said.original_port = ntohs(in4.sin_port);
  return said.has_original = true;
}

bool ReadIpLevel(const cmsghdr& header, Ancillary& said) {
  switch (header.cmsg_type) {
    case IP_PKTINFO: {
      in_pktinfo info{};
      if (!Load(header, info)) return false;
      said.has_destination = true;
      said.destination = AddressKeyOf(info.ipi_addr);
      said.interface = info.ipi_ifindex;
      // A broadcast was sent to an address that is not the one it is received on.
      said.broadcast = info.ipi_addr.s_addr != info.ipi_spec_dst.s_addr && !IN_MULTICAST(ntohl(info.ipi_addr.s_addr));
      return true;
    }
    case IP_TTL:
      return LoadSmall(header, said.hop_limit);
    case IP_TOS:
      return LoadSmall(header, said.traffic_class);
    case IP_RECVORIGDSTADDR:
      return ReadOriginal(header, said);
    default:
      return false;
  }
}

bool ReadIpv6Level(const cmsghdr& header, Ancillary& said) {
  switch (header.cmsg_type) {
    case IPV6_PKTINFO: {
      in6_pktinfo info{};
      if (!Load(header, info)) return false;
      said.has_destination = true;
      said.destination = {info.ipi6_addr, 0, false};
      said.interface = static_cast<int32_t>(info.ipi6_ifindex);
      return true;
    }
    case IPV6_HOPLIMIT:
      return LoadSmall(header, said.hop_limit);
    case IPV6_TCLASS:
      return LoadSmall(header, said.traffic_class);
    case IPV6_RECVORIGDSTADDR:
      return ReadOriginal(header, said);
    default:
      return false;
  }
}

bool ReadOne(const cmsghdr& header, Ancillary& said) {
  switch (header.cmsg_level) {
    case SOL_SOCKET:
      return ReadSocketLevel(header, said);
    case IPPROTO_IP:
      return ReadIpLevel(header, said);
    case IPPROTO_IPV6:
      return ReadIpv6Level(header, said);
    case IPPROTO_UDP:
      return header.cmsg_type == UDP_GRO && LoadSmall(header, said.segment);
    default:
      return false;
  }
}

}  // namespace

AddressKey AddressKeyOf(const in_addr& address) {
  AddressKey key{};
  key.ipv4 = true;
  key.address.s6_addr[10] = 0xff;
  key.address.s6_addr[11] = 0xff;
  std::memcpy(&key.address.s6_addr[12], &address, sizeof address);
  return key;
}

AddressKey AddressKeyOf(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    sockaddr_in in4{};
    std::memcpy(&in4, &address, sizeof in4);
    return AddressKeyOf(in4.sin_addr);
  }
  sockaddr_in6 in6{};
  if (address.ss_family == AF_INET6) std::memcpy(&in6, &address, sizeof in6);
  return {in6.sin6_addr, in6.sin6_scope_id, false};
}

Ancillary ReadAncillary(msghdr& message, std::vector<ControlMessage>& others) {
  Ancillary said{};
  said.interface = 0;
  said.hop_limit = said.traffic_class = -1;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (ReadOne(*header, said)) continue;
    const auto* data = CMSG_DATA(header);
    others.push_back({header->cmsg_level, header->cmsg_type, {data, data + (header->cmsg_len - CMSG_LEN(0))}});
  }
  return said;
}

}  // namespace sockctl
