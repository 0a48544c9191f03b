// The numbers behind the names that rules of nft and iptables use.

import type { FilteredPacket } from './model.ts'

export const PROTOCOL_NUMBERS: Readonly<Record<string, number>> = {
  ip: 0,
  icmp: 1,
  igmp: 2,
  tcp: 6,
  udp: 17,
  dccp: 33,
  gre: 47,
  esp: 50,
  ah: 51,
  'ipv6-icmp': 58,
  icmpv6: 58,
  ospf: 89,
  pim: 103,
  comp: 108,
  ipcomp: 108,
  vrrp: 112,
  l2tp: 115,
  sctp: 132,
  udplite: 136,
}

export const ETHERTYPES: Readonly<Record<string, number>> = {
  ip: 0x0800,
  arp: 0x0806,
  vlan: 0x8100,
  '8021q': 0x8100,
  ip6: 0x86dd,
  ipv6: 0x86dd,
  '8021ad': 0x88a8,
}

export const PACKET_TYPES: Readonly<Record<string, number>> = {
  host: 0,
  unicast: 0,
  broadcast: 1,
  multicast: 2,
  other: 3,
}

/** How the interface takes the frame of a datagram to a group: on the loopback interface, frames have no address of a group. */
export const packetTypeNumber = ({ interface: on }: FilteredPacket): number => (on.isLoopback ? 0 : 2)

export const ADDRESS_TYPES: Readonly<Record<string, number>> = {
  unspec: 0,
  unicast: 1,
  local: 2,
  broadcast: 3,
  anycast: 4,
  multicast: 5,
  blackhole: 6,
  unreachable: 7,
  prohibit: 8,
}

export const MESSAGE_TYPES: Readonly<Record<string, number>> = {
  'membership-query': 0x11,
  'membership-report-v1': 0x12,
  'membership-report-v2': 0x16,
  'membership-report-v3': 0x22,
  'leave-group': 0x17,
  'mld-listener-query': 130,
  'mld-listener-report': 131,
  'mld-listener-done': 132,
  'mld-listener-reduction': 132,
  'mld2-listener-report': 143,
  'echo-request': 128,
  'echo-reply': 129,
  'nd-router-solicit': 133,
  'nd-router-advert': 134,
  'nd-neighbor-solicit': 135,
  'nd-neighbor-advert': 136,
  'nd-redirect': 137,
  'destination-unreachable': 1,
  'packet-too-big': 2,
  'time-exceeded': 3,
  'parameter-problem': 4,
}
