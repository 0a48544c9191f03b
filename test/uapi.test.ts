import { existsSync, readFileSync } from 'node:fs'
import * as options from 'sockctl/options'
import { expect, it } from 'vitest'
import { leftOut } from '../lib/options/left-out.ts'

interface Header {
  /** The path of the header below /usr/include. */
  path: string
  /** The names that may be options. */
  names: RegExp
  /** Matching names that are no options, but values of options, sizes, flags and the like. */
  values?: RegExp
  /** Options are macros for numbers. The names of an enumeration are macros for themselves. */
  numbered?: true
}

const HEADERS: Header[] = [
  { path: 'asm-generic/socket.h', names: /^SO_/ },
  {
    path: 'linux/in.h',
    names: /^(IP_|MCAST_)/,
    values: /^(IP_PMTUDISC_|IP_DEFAULT_|MCAST_(EXCLUDE|INCLUDE)$)/,
  },
  {
    path: 'linux/in6.h',
    names: /^IPV6_/,
    values: /^IPV6_(PMTUDISC_|FL_[AFS]_|FLOWINFO_(FLOWLABEL|PRIORITY)$|PRIORITY_|TLV_|PREFER_SRC_)/,
  },
  {
    path: 'linux/tcp.h',
    names: /^TCP_/,
    values: /^TCP_(REPAIR_(ON|OFF)|MD5SIG_(MAX|FLAG)|AO_(MAX|KEYF)|RECEIVE_|MSS_|FLAG_)/,
  },
  { path: 'linux/udp.h', names: /^UDP_/, values: /^UDP_ENCAP_/ },
  { path: 'linux/mroute.h', names: /^MRT_/, values: /^MRT_(BASE|MAX|FLUSH_\w+)$/ },
  { path: 'linux/mroute6.h', names: /^MRT6_/, values: /^MRT6_(BASE|MAX|FLUSH_\w+)$/ },
  { path: 'linux/icmpv6.h', names: /^ICMPV6_FILTER$/ },
  { path: 'linux/icmp.h', names: /^ICMP_FILTER$/ },
  {
    path: 'linux/if_packet.h',
    names: /^PACKET_/,
    values:
      /^PACKET_(HOST|BROADCAST|MULTICAST|OTHERHOST|OUTGOING|LOOPBACK|USER|KERNEL|FASTROUTE|FANOUT_(HASH|LB|CPU|ROLLOVER|RND|QM|CBPF|EBPF|FLAG_\w+)|MR_\w+)$/,
  },
  {
    path: 'linux/netlink.h',
    names:
      /^NETLINK_(\w+_MEMBERSHIPS?|PKTINFO|BROADCAST_ERROR|NO_ENOBUFS|\w+_RING|LISTEN_ALL_NSID|CAP_ACK|EXT_ACK|GET_STRICT_CHK)$/,
  },
  { path: 'linux/vm_sockets.h', names: /^SO_VM_SOCKETS_/ },
  { path: 'linux/mptcp.h', names: /^MPTCP_(INFO|TCPINFO|SUBFLOW_ADDRS|FULL_INFO)$/ },
  {
    path: 'linux/sctp.h',
    numbered: true,
    names: /^SCTP_/,
    values:
      /^SCTP_(FUTURE_ASSOC|CURRENT_ASSOC|ALL_ASSOC|PR_SCTP_\w+|PR_(INDEX|POLICY|SET_POLICY)|PR_\w+_ENABLED|ENABLE_(RESET|CHANGE|STRRESET)_\w+|STREAM_(RESET|CHANGE)_\w+|ASSOC_RESET_\w+|MAX_STREAM\w*|AUTH_(NEW|FREE|NO)_\w+)$/,
  },
]

const found = HEADERS.filter(({ path }) => existsSync(`/usr/include/${path}`))

it.runIf(process.platform === 'linux')('finds the headers of this machine', () => {
  expect(found.length).toBeGreaterThan(5)
})

it.each(found)(
  '$path has no option that is neither in the table nor left out with a reason',
  ({ path, names, values, numbered }) => {
    const text = readFileSync(`/usr/include/${path}`, 'utf8')
    const defined = [...text.matchAll(/^#\s*define\s+([A-Z]\w*)\s+(\S+)/gm)]
      .filter(([, , value = '']) => numbered !== true || /^\d+$/.test(value))
      .map(([, name]) => name ?? '')
    const candidates = [...new Set(defined)].filter((name) => names.test(name) && values?.test(name) !== true)
    expect(candidates.length).toBeGreaterThan(0)
    expect(candidates.filter((name) => !(name in options) && !(name in leftOut))).toEqual([])
  },
)

it('leaves nothing out that is in the table', () => {
  expect(Object.keys(leftOut).filter((name) => name in options)).toEqual([])
})
