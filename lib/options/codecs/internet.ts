// Codecs of the options of IP and IPv6.

import { LITTLE_ENDIAN } from '../../base/byte-order.ts'
import { whole } from '../../base/check-fields.ts'
import { in6Addr } from './addresses.ts'
import { type Codec, codec, isRecordOf } from './codec.ts'
import { interfaceByIndex } from './interface.ts'
import { indexOf } from './multicast-target.ts'
import { enumeration, flags } from './names.ts'
import { optional, record } from './record.ts'
import { int, unsigned } from './scalars.ts'

/** How a socket minds the path's MTU; `IP_PMTUDISC_...` and `IPV6_PMTUDISC_...`. */
export const mtuDiscover = enumeration({ dont: 0, want: 1, do: 2, probe: 3, interface: 4, omit: 5 })

/** A range of ports; 0 for no bound. */
export interface PortRange {
  /** The lowest port, 0 for no bound. */
  low: number
  /** The highest port, 0 for no bound. */
  high: number
}

const isPort = whole(0, 65535).right

/** The ports that the kernel chooses from, as one number of 32 bits. */
export const portRange: Codec<PortRange> = codec(
  'unsigned',
  '{ low, high }: ports from 0 to 65535, 0 for no bound, low not above high',
  (value) =>
    isRecordOf(value, 'low', 'high') &&
    isPort(value.low) &&
    isPort(value.high) &&
    (value.high === 0 || (value.low as number) <= (value.high as number)),
  {
    toNative: ({ low, high }) => high * 65536 + low,
    fromNative: (value: number) => ({ low: value % 65536, high: Math.floor(value / 65536) }),
  },
)

/** A 32-bit number from the machine's byte order to the network's, or back. */
function networkOrder(value: number): number {
  if (!LITTLE_ENDIAN) return value
  const view = new DataView(new ArrayBuffer(4))
  view.setUint32(0, value)
  return view.getInt32(0, true)
}

/** An interface's index in network byte order; a name may be written too. */
export const interfaceInNetworkOrder: Codec<number, string | number> = {
  ...interfaceByIndex,
  toNative: (value) => networkOrder(indexOf(value)),
  fromNative: (value: number) => networkOrder(value),
}

/** `struct in6_pktinfo`: the source address and the interface of packets sent. */
export const in6Pktinfo = record('in6_pktinfo', {
  address: optional(in6Addr, '::'),
  interface: optional(interfaceByIndex, 0),
})

/** `struct ip6_mtuinfo`. */
export const ip6Mtuinfo = record('ip6_mtuinfo', { destination: in6Addr, mtu: unsigned() })

/** `struct ipv6_mreq` with an anycast address. */
export interface AnycastRequest {
  /** An IPv6 address. */
  address: string
  /** A name, or an index; 0, the default, lets the kernel choose. */
  interface?: string | number | undefined
}

/** An anycast address to join or to leave. */
export const anycast: Codec<never, AnycastRequest> = {
  ...codec<never, AnycastRequest>(
    'ipv6_mreq',
    '{ address, interface? }: an IPv6 address; a name or an index',
    () => true,
  ),
  wrong: (value) =>
    !isRecordOf(value, 'address', 'interface') ||
    in6Addr.wrong(value.address) ||
    (value.interface === undefined ? '' : interfaceByIndex.wrong(value.interface)),
  toNative: (value) => ({ group: value.address, interface: indexOf(value.interface) }),
}

/** `struct in6_flowlabel_req`. The label is the 20 bits as a number; expires and linger are seconds. RFC 6437 */
const flowLabelRequest = record('in6_flowlabel_req', {
  destination: optional(in6Addr, '::'),
  label: optional(unsigned(0, 0xfffff), 0),
  action: enumeration({ get: 0, put: 1, renew: 2 }, 'byte', [0, 255]),
  share: optional(enumeration({ none: 0, exclusive: 1, process: 2, user: 3, any: 255 }, 'byte', [0, 255]), 'exclusive'),
  flags: optional(flags({ create: 1, exclusive: 2, reflect: 4, remote: 8 }, 'int', 0xffff), []),
  expires: optional(int(0, 65535, 'seconds'), 0),
  linger: optional(int(0, 65535, 'seconds'), 0),
})

/** The label is in network byte order in the struct. */
export const flowLabel: typeof flowLabelRequest = {
  ...flowLabelRequest,
  question: () => flowLabelRequest.toNative({ action: 'get' }),
  toNative: (value) => ({
    ...(flowLabelRequest.toNative(value) as object),
    label: networkOrder(value.label ?? 0) >>> 0,
  }),
  fromNative: (native: Record<string, number>) =>
    flowLabelRequest.fromNative({ ...native, label: networkOrder(native.label ?? 0) >>> 0 } as never),
}

/** Which of several source addresses is preferred. RFC 5014 */
export const addressPreferences = flags({
  temporary: 0x0001,
  public: 0x0002,
  'public-or-temporary-default': 0x0100,
  'care-of': 0x0004,
  home: 0x0400,
  cryptographic: 0x0008,
  'non-cryptographic': 0x0800,
})
