// No option of the system's headers is forgotten: each is in the table, or left out with a reason, by itself or with its level.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import * as options from 'sockctl/options'
import { expect, it } from 'vitest'
import { leftOut } from '../lib/options/left-out.ts'
import { leftOutLevels } from '../lib/options/left-out-levels.ts'

interface Header {
  /** The path of the header below /usr/include. */
  path: string
  /** The names that may be options. */
  names: RegExp
  /** Matching names that are no options, but values of options, sizes, flags and the like. */
  values?: RegExp
  /** Options are macros for numbers. The names of an enumeration are macros for themselves. */
  numbered?: true
  /** Options are the names of an enumeration. */
  enumerated?: true
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

HEADERS.push(
  { path: 'linux/tls.h', names: /^TLS_(TX|RX)(_\w+)?$/ },
  {
    path: 'linux/if_xdp.h',
    names: /^XDP_(MMAP_OFFSETS|\w+_RING|UMEM_REG|STATISTICS|OPTIONS|MAX_TX_SKB_BUDGET)$/,
    values: /^XDP_(UMEM_)?PGOFF_/,
  },
  {
    path: 'linux/can/raw.h',
    names: /^CAN_RAW_/,
    values: /^CAN_RAW_(FILTER_MAX|XL_VCID_(TX|RX)_\w+)$/,
    enumerated: true,
  },
  { path: 'linux/can/isotp.h', names: /^CAN_ISOTP_(\w*OPTS|RECV_FC|\wX_STMIN)$/ },
  { path: 'linux/can/j1939.h', names: /^SO_J1939_/, enumerated: true },
)

const found = HEADERS.filter(({ path }) => existsSync(`/usr/include/${path}`))

it.runIf(process.platform === 'linux')('finds the headers of this machine', () => {
  expect(found.length).toBeGreaterThan(5)
})

it.each(found)(
  '$path has no option that is neither in the table nor left out with a reason',
  ({ path, names, values, numbered, enumerated }) => {
    const text = readFileSync(`/usr/include/${path}`, 'utf8')
    const pattern = enumerated === true ? /^\s+([A-Z]\w*)\s*[=,]/gm : /^#\s*define\s+([A-Z]\w*)\s+(\S+)/gm
    const defined = [...text.matchAll(pattern)]
      .filter(([, , value = '']) => numbered !== true || /^\d+$/.test(value))
      .map(([, name]) => name ?? '')
    const candidates = [...new Set(defined)].filter((name) => names.test(name) && values?.test(name) !== true)
    expect(candidates.length).toBeGreaterThan(0)
    expect(candidates.filter((name) => !(name in options) && !(name in leftOut))).toEqual([])
  },
)

/** Names that look like options, and are none. */
const NO_OPTIONS: readonly RegExp[] = [
  /_(MIN|MAX|NONE|BASE_CTL)$/,
  /^SO_(TIMESTAMPING_\w+|EE_\w+|ORIGINAL_DST)$/,
  /^SO_(ACCEPTCON|WAITDATA|NOSPACE|PASSCRED|PASSSEC)$/,
  /^SO_BPF_MAX$/,
]

/** The kernel's headers, and those of the C library that name its levels. */
const HEADER_OF_SOCKETS = /^(linux\/.*|asm-generic\/.*|([\w-]+\/)?bits\/socket|net(atalk|ax25|ipx|rom|rose)\/.*)\.h$/

/** Headers of this machine that define a level or an option, with the names. */
function levelsAndOptions(): Map<string, string> {
  const found = new Map<string, string>()
  for (const file of readdirSync('/usr/include', { recursive: true, encoding: 'utf8' })) {
    if (!HEADER_OF_SOCKETS.test(file)) continue
    const text = readFileSync(`/usr/include/${file}`, 'utf8')
    for (const [, name = ''] of text.matchAll(
      /^\s*(?:#\s*define\s+)?((?:SOL|SO)_[A-Z]\w*|[A-Z]\w*_SO_[A-Z]\w*)\b\s*[\w(=,]/gm,
    ))
      if (!NO_OPTIONS.some((pattern) => pattern.test(name))) found.set(name, file)
  }
  return found
}

const tableLevels = new Set(Object.values(options).map(({ level }) => level))

it.runIf(process.platform === 'linux')('every header that defines a level or an option was decided about', () => {
  const names = levelsAndOptions()
  expect(names.size).toBeGreaterThan(100)
  const isDecided = (name: string): boolean =>
    name in options ||
    name in leftOut ||
    tableLevels.has(name) ||
    leftOutLevels.some(({ levels, options }) => levels.includes(name) || new RegExp(options).test(name))
  const undecided = [...names].filter(([name]) => !isDecided(name)).map(([name, file]) => `${file}: ${name}`)
  expect(undecided).toEqual([])
})

it('says of each level that is left out what it is for and why, in a line', () => {
  for (const { levels, options: pattern, what, why } of leftOutLevels) {
    expect(levels.length).toBeGreaterThan(0)
    for (const words of [what, why]) expect(words).toMatch(/^\S.{1,120}[^.\n]$/)
    const taken = Object.keys(options).filter(
      (name) => new RegExp(pattern).test(name) && name !== 'IP6T_SO_ORIGINAL_DST',
    )
    expect(taken).toEqual([])
  }
})

/** The version of the headers: `6.1` as 601. */
const headersVersion = (): number => {
  const [, code = 0] = /LINUX_VERSION_CODE (\d+)/.exec(readFileSync('/usr/include/linux/version.h', 'utf8')) ?? []
  return (Number(code) >> 16) * 100 + ((Number(code) >> 8) & 0xff)
}

/** Options that stable kernels got later, so that headers older than the option have it. */
const BACKPORTED = ['IP_LOCAL_PORT_RANGE', 'IP_PROTOCOL']

it.runIf(existsSync('/usr/include/linux/version.h'))(
  'says of no option in the headers that it is newer than they are',
  () => {
    const texts = HEADERS.filter(({ path }) => existsSync(`/usr/include/${path}`)).map(({ path }) =>
      readFileSync(`/usr/include/${path}`, 'utf8'),
    )
    const names = new Set(texts.flatMap((text) => text.match(/\b[A-Z][A-Z\d_]+\b/g) ?? []))
    const newer = Object.values(options).filter(({ name, since }) => {
      const [major = 0, minor = 0] = since?.split('.').map(Number) ?? []
      return major * 100 + minor > headersVersion() && names.has(name) && !BACKPORTED.includes(name)
    })
    expect(newer.map(({ name, since }) => `${name}: ${since}`)).toEqual([])
  },
)

it('leaves nothing out that is in the table', () => {
  expect(Object.keys(leftOut).filter((name) => name in options)).toEqual([])
})
