// The fields of the structs that every system has.
#pragma once
#include <netinet/in.h>
#include <sys/socket.h>

// Each struct names its fields once, for reading and writing. The compiler knows where they lie, so that the order and
// the padding are the system's own: Linux and Darwin order ip_mreq_source differently.
namespace sockctl {

template <class IO>
void Fields(IO& io, linger& value) {
  io.Boolean("onoff", value.l_onoff);
  io("linger", value.l_linger);
}

template <class IO>
void Fields(IO& io, ip_mreq& value) {
  io("group", value.imr_multiaddr);
  io("interface", value.imr_interface);
}

template <class IO>
void Fields(IO& io, ip_mreqn& value) {
  io("group", value.imr_multiaddr);
  io("address", value.imr_address);
  io("interface", value.imr_ifindex);
}

template <class IO>
void Fields(IO& io, ip_mreq_source& value) {
  io("group", value.imr_multiaddr);
  io("interface", value.imr_interface);
  io("source", value.imr_sourceaddr);
}

template <class IO>
void Fields(IO& io, group_req& value) {
  io("interface", value.gr_interface);
  io("group", value.gr_group);
}

template <class IO>
void Fields(IO& io, group_source_req& value) {
  io("interface", value.gsr_interface);
  io("group", value.gsr_group);
  io("source", value.gsr_source);
}

template <class IO>
void Fields(IO& io, ipv6_mreq& value) {
  io("group", value.ipv6mr_multiaddr);
  io("interface", value.ipv6mr_interface);
}

template <class IO>
void Fields(IO& io, in6_pktinfo& value) {
  io("address", value.ipi6_addr);
  io("interface", value.ipi6_ifindex);
}

template <class IO>
void Fields(IO& io, ip6_mtuinfo& value) {
  io("destination", value.ip6m_addr.sin6_addr);
  io("mtu", value.ip6m_mtu);
}

}  // namespace sockctl
