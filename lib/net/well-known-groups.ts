// The groups that IANA has assigned to protocols: their names, and what is sent to them.

import { parseAddress } from './address.ts'

/** A well-known group. */
export interface WellKnownGroup {
  /** The name under `mcast.net`, or the word that IANA's registry has for the group. */
  readonly name: string
  /** Who joins the group, or what is sent to it. */
  readonly purpose: string
}

/** https://www.iana.org/assignments/multicast-addresses */
const IPV4: Record<string, readonly [name: string, purpose: string]> = {
  '224.0.0.1': [
    'all-systems.mcast.net',
    'every host of the link is a member, without a report; general IGMP queries go here',
  ],
  '224.0.0.2': ['all-routers.mcast.net', 'every router of the link; IGMPv2 leaves go here'],
  '224.0.0.4': ['dvmrp.mcast.net', 'DVMRP routers'],
  '224.0.0.5': ['ospf-all.mcast.net', 'OSPF routers'],
  '224.0.0.6': ['ospf-dsig.mcast.net', 'OSPF designated routers'],
  '224.0.0.9': ['rip2-routers.mcast.net', 'RIPv2 routers'],
  '224.0.0.10': ['igrp-routers.mcast.net', 'EIGRP routers'],
  '224.0.0.12': ['dhcp-agents.mcast.net', 'DHCP servers and relay agents'],
  '224.0.0.13': ['pim-routers.mcast.net', 'PIM routers: they forward multicast between networks'],
  '224.0.0.14': ['rsvp-encap.mcast.net', 'RSVP'],
  '224.0.0.18': ['vrrp.mcast.net', 'VRRP routers'],
  '224.0.0.19': ['isis-all-l1-is.mcast.net', 'IS-IS level 1 routers over IP'],
  '224.0.0.20': ['isis-all-l2-is.mcast.net', 'IS-IS level 2 routers over IP'],
  '224.0.0.21': ['isis-all-is.mcast.net', 'IS-IS routers over IP'],
  '224.0.0.22': ['igmp.mcast.net', 'queriers and snooping switches: IGMPv3 reports go here'],
  '224.0.0.102': ['hsrp.mcast.net', 'HSRPv2 and GLBP routers'],
  '224.0.0.106': ['all-snoopers.mcast.net', 'snooping switches: multicast router discovery (RFC 4286)'],
  '224.0.0.107': ['ptp-pdelay.mcast.net', 'PTP peer delay (IEEE 1588)'],
  '224.0.0.251': ['mdns.mcast.net', 'multicast DNS (RFC 6762)'],
  '224.0.0.252': ['llmnr.mcast.net', 'link-local name resolution (RFC 4795)'],
  '224.0.0.253': ['teredo.mcast.net', 'Teredo clients of the link (RFC 4380)'],
  '224.0.0.255': ['sap-link.mcast.net', 'session announcements of link-local scope (RFC 2974)'],
  '224.0.1.1': ['ntp.mcast.net', 'NTP servers that broadcast (RFC 5905)'],
  '224.0.1.22': ['svrloc.mcast.net', 'SLPv1 service location'],
  '224.0.1.35': ['svrloc-da.mcast.net', 'SLPv1 directory agents'],
  '224.0.1.39': ['cisco-rp-announce.mcast.net', 'candidates for rendezvous point (Auto-RP)'],
  '224.0.1.40': ['cisco-rp-discovery.mcast.net', 'routers that learn rendezvous points (Auto-RP)'],
  '224.0.1.41': ['gatekeeper.mcast.net', 'H.323 gatekeepers'],
  '224.0.1.75': ['sip.mcast.net', 'SIP servers'],
  '224.0.1.129': ['ptp-primary.mcast.net', 'PTP (IEEE 1588)'],
  '224.0.1.130': ['ptp-alternate1.mcast.net', 'PTP (IEEE 1588), alternate domain 1'],
  '224.0.1.131': ['ptp-alternate2.mcast.net', 'PTP (IEEE 1588), alternate domain 2'],
  '224.0.1.132': ['ptp-alternate3.mcast.net', 'PTP (IEEE 1588), alternate domain 3'],
  '224.0.1.187': ['all-coap-nodes.mcast.net', 'CoAP nodes (RFC 7252)'],
  '224.0.23.12': ['knx.mcast.net', 'KNXnet/IP'],
  '224.2.127.254': ['sap.mcast.net', 'session announcements of global scope (RFC 2974)'],
  '239.195.255.255': ['sap-organization', 'session announcements of organization-local scope (RFC 2974)'],
  '239.255.255.250': ['ssdp', 'UPnP and WS-Discovery devices'],
  '239.255.255.253': ['svrloc-scoped', 'SLPv2 service location (RFC 2608)'],
  '239.255.255.255': ['sap-local', 'session announcements of local scope (RFC 2974)'],
}

/** By what follows ff0x:: in hexadecimal; in which scopes, as hexadecimal digits, `*` for all. */
const IPV6: Record<string, readonly [scopes: string, name: string, purpose: string]> = {
  1: ['12', 'all-nodes', 'every node is a member, without a report; general MLD queries go here'],
  2: ['125', 'all-routers', 'every router; MLDv1 done messages go here'],
  4: ['2', 'dvmrp-routers', 'DVMRP routers'],
  5: ['2', 'ospf-all', 'OSPF routers'],
  6: ['2', 'ospf-dsig', 'OSPF designated routers'],
  9: ['2', 'rip-routers', 'RIPng routers'],
  a: ['2', 'eigrp-routers', 'EIGRP routers'],
  c: ['*', 'ssdp', 'UPnP and WS-Discovery devices'],
  d: ['2', 'pim-routers', 'PIM routers: they forward multicast between networks'],
  12: ['2', 'vrrp', 'VRRP routers'],
  16: ['2', 'mldv2-routers', 'queriers and snooping switches: MLDv2 reports go here'],
  '1a': ['2', 'rpl-nodes', 'RPL nodes (RFC 6550)'],
  '6a': ['2', 'all-snoopers', 'snooping switches: multicast router discovery (RFC 4286)'],
  '6b': ['2', 'ptp-pdelay', 'PTP peer delay (IEEE 1588)'],
  fb: ['*', 'mdns', 'multicast DNS (RFC 6762)'],
  fd: ['*', 'all-coap-nodes', 'CoAP nodes (RFC 7252)'],
  101: ['*', 'ntp', 'NTP servers that broadcast (RFC 5905)'],
  116: ['*', 'svrloc', 'SLPv2 service location (RFC 3111)'],
  123: ['*', 'svrloc-da', 'SLPv2 directory agents (RFC 3111)'],
  181: ['*', 'ptp-primary', 'PTP (IEEE 1588)'],
  182: ['*', 'ptp-alternate1', 'PTP (IEEE 1588), alternate domain 1'],
  183: ['*', 'ptp-alternate2', 'PTP (IEEE 1588), alternate domain 2'],
  184: ['*', 'ptp-alternate3', 'PTP (IEEE 1588), alternate domain 3'],
  10001: ['2', 'link-name', 'nodes of a link name'],
  10002: ['2', 'dhcp-agents', 'DHCPv6 servers and relay agents'],
  10003: ['2', 'llmnr', 'link-local name resolution (RFC 4795)'],
  '27ffe': ['*', 'sap', 'session announcements (RFC 2974)'],
}

const DHCP_SERVERS: WellKnownGroup = { name: 'all-dhcp-servers', purpose: 'DHCPv6 servers of a site (RFC 8415)' }

function ipv6Named(bytes: Uint8Array): WellKnownGroup | undefined {
  const [, flagsAndScope = 0] = bytes
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  // Well-known groups have no flag and end in at most 32 bits.
  if (flagsAndScope > 15 || bytes.subarray(2, 12).some((byte) => byte !== 0)) return undefined
  const scope = flagsAndScope.toString(16)
  const id = view.getUint32(12)
  if (scope === '5' && id === 0x10003) return DHCP_SERVERS
  const [scopes, name, purpose] = IPV6[id.toString(16)] ?? []
  if (scopes === undefined || name === undefined || purpose === undefined) return undefined
  return scopes === '*' || scopes.includes(scope) ? { name, purpose } : undefined
}

/** The well-known group of an address in canonical spelling; `undefined` if it has no name. */
export function wellKnownGroup(address: string): WellKnownGroup | undefined {
  const bytes = parseAddress(address)?.bytes
  if (bytes?.length === 16) return ipv6Named(bytes)
  const [name, purpose] = Object.hasOwn(IPV4, address) ? (IPV4[address] ?? []) : []
  return name === undefined || purpose === undefined ? undefined : { name, purpose }
}
