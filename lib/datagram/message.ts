// A datagram to send: its fields and their checks. A choice that a control message carries out has one row here and one
// in native/datagram/send_control.cc.
import {
  checkFields,
  type FieldRule,
  flag,
  interfaceSpec,
  isBytes,
  mustBe,
  mustKnow,
  whole,
} from '../base/check-fields.ts'
import { badValue, show } from '../base/errors.ts'
import type { NativeControlMessage, NativeSendChoice } from '../binding/native.ts'
import { interfaceOfZone, parseAddress, unmapped } from '../net/address.ts'
import { interfaceByNameOrIndex } from '../net/interfaces.ts'
import { checkEndpointFields, type Destination, type Endpoint, type Family } from '../net/socket-address.ts'
import type { AnyOption } from '../options/option.ts'
import { SO_TIMESTAMPING, SO_TXTIME } from '../options/table/socket.ts'

/** Settings of one send, or of one datagram, instead of the socket's. `sendmsg(2)` */
export interface SendChoice {
  /** The TTL, 1 to 255, or the hop limit, 0 to 255. `IP_TTL`, `IPV6_HOPLIMIT` */
  hopLimit?: number | undefined
  /** The TOS or traffic class, 0 to 255. `IP_TOS`, `IPV6_TCLASS` */
  trafficClass?: number | undefined
  /**
   * When the datagram is to leave, in nanoseconds of the clock that openSender's `transmitTime` names. Nothing but a
   * queueing discipline such as etf or fq heeds it. `SO_TXTIME`
   */
  transmitTime?: bigint | undefined
  /**
   * The `id` of the datagram's transmit timestamps, 0 to 4294967295, instead of the next number of the socket. It takes
   * openSender's `transmitTimestamps`. `SCM_TS_OPT_ID`; Linux 6.13
   */
  timestampId?: number | undefined
  /** The source address: one of this host, of the family of the destination. `IP_PKTINFO`, `IPV6_PKTINFO` */
  source?: string | undefined
  /** The interface to leave by: a name or an index. `IP_PKTINFO`, `IPV6_PKTINFO` */
  interface?: string | number | undefined
  /** The mark that firewalls and routing rules see, 0 to 4294967295. CAP_NET_ADMIN or CAP_NET_RAW. `SO_MARK`; Linux 4.4 */
  mark?: number | undefined
  /** The priority of queueing disciplines, 0 to 6; above takes CAP_NET_ADMIN or CAP_NET_RAW. `SO_PRIORITY`; Linux 6.14 */
  priority?: number | undefined
  /**
   * Fail with `EMSGSIZE`, rather than send fragments. IPv6 only: IPv4 has this for the whole socket, as
   * `IP_MTU_DISCOVER`. `IPV6_DONTFRAG`, RFC 3542 11.2
   */
  dontFragment?: boolean | undefined
  /** The flow label, 0 to 1048575. IPv6 only. `IPV6_FLOWINFO` */
  flowLabel?: number | undefined
  /**
   * The kernel splits each payload into datagrams of so many bytes, 1 to 65535; the last may be shorter. A payload that is
   * split counts as one datagram. `UDP_SEGMENT`; Linux 4.18
   */
  segment?: number | undefined
  /** Control messages as they are, besides those of the other fields. Extension headers of IPv6, for example. cmsg(3) */
  ancillary?: readonly { readonly level: number; readonly type: number; readonly data: Uint8Array }[] | undefined
  /**
   * Descriptors that the receiver gets duplicates of: at most 253, as numbers or objects that have an `fd`. They stay the
   * caller's, who may close them as soon as `send` has returned its promise. Unix sockets only. `SCM_RIGHTS`, unix(7)
   */
  descriptors?: readonly (number | { readonly fd: number })[] | undefined
  /**
   * The sender's process, user and group, which the kernel checks: others than one's own take CAP_SYS_ADMIN, CAP_SETUID
   * or CAP_SETGID. The receiver asks for them with SO_PASSCRED. Unix and netlink sockets only. `SCM_CREDENTIALS`, unix(7)
   */
  credentials?: Credentials | undefined
}

/** Who sent a message. `struct ucred`, unix(7) */
export interface Credentials {
  /** The process id; 0 if the process is in a namespace that this one can't see. */
  pid: number
  /** The user id; 65534 for a user that this user namespace has no number for. */
  uid: number
  /** The group id; 65534 for a group that this user namespace has no number for. */
  gid: number
}

/** A datagram with a destination or settings of its own. */
export interface Message<F extends Family = 'ipv4' | 'ipv6'> extends SendChoice {
  /** The payload. */
  data: Uint8Array
  /** The destination, instead of the call's. */
  to?: Destination<F> | undefined
}

const PORT = whole(1, 65535)
const ANY_PORT = whole(0, 65535)
const BYTE = whole(0, 255)
const TTL = whole(1, 255)
const UINT32 = whole(0, 2 ** 32 - 1)
const INT32 = whole(0, 2 ** 31 - 1)
const FLOW_LABEL = whole(0, 2 ** 20 - 1)
const SEGMENT = whole(1, 65_535)
/** In bytes, of one datagram. The kernel takes less: net.core.optmem_max. */
const MOST_CONTROL = 2 ** 20

/** The destination that was given, checked, as a value that no code of the caller's changes any more. */
export function readEndpoint(to: unknown, name = 'to', hasPort = true): Endpoint {
  if (typeof to === 'object' && to !== null) checkEndpointFields(to, name)
  const { address, port } = (typeof to === 'object' && to !== null ? to : {}) as Partial<Endpoint>
  if (typeof address !== 'string' || parseAddress(address) === undefined)
    throw badValue(
      `${name} is ${show(address ?? to)}: { address, port } with an IP address is needed; look a name up first, with node:dns`,
    )
  if (!hasPort) {
    if (port !== undefined) mustBe(ANY_PORT, `${name}.port`, port)
    return { address, port: 0 }
  }
  mustBe(PORT, `${name}.port`, port)
  return { address, port }
}

function checked<T>(rule: FieldRule<T>, name: string, value: unknown): T {
  mustBe(rule, name, value)
  return value
}

function hopLimit(value: unknown, ipv6: boolean): number {
  const rule = ipv6 ? BYTE : TTL
  if (rule.right(value)) return value
  const hint = value === 0 ? '; for multicast that stays on this host set `hops: 0` in openSender' : ''
  throw badValue(`hopLimit is ${show(value)}: ${rule.words} is needed${hint}`)
}

function localAddress(given: unknown, ipv6: boolean): string {
  // A dual-stack socket tells an IPv4 address of this host as an IPv4-mapped one.
  const value = typeof given === 'string' ? unmapped(given) : ''
  const parsed = parseAddress(value)
  if (parsed?.family !== (ipv6 ? 6 : 4))
    throw badValue(`source is ${show(given)}: a local IPv${ipv6 ? 6 : 4} address is needed, as the destination is`)
  if (parsed.zone !== undefined) interfaceByNameOrIndex(interfaceOfZone(parsed.zone))
  return value
}

function interfaceIndex(value: unknown): number {
  const found = interfaceSpec.right(value) ? interfaceByNameOrIndex(value) : undefined
  if (found === undefined) throw badValue(`interface is ${show(value)}: a name or an index is needed`)
  return found.index
}

function nanoseconds(value: unknown): bigint {
  if (typeof value === 'bigint' && value >= 0n && value < 2n ** 64n) return value
  throw badValue(`transmitTime is ${show(value)}: nanoseconds as a BigInt are needed`)
}

/** A setting that IPv6 has for one datagram, and IPv4 has not. */
function ofIpv6<T>(name: string, value: T, ipv6: boolean, instead: string): T {
  if (ipv6) return value
  throw badValue(`${name} is ${show(value)}, and the datagram goes over IPv4, which has none: ${instead}`)
}

function controlMessages(given: unknown): NativeControlMessage[] {
  if (!Array.isArray(given)) throw badValue(`ancillary is ${show(given)}: an array of { level, type, data } is needed`)
  let room = 0
  return Array.from(given, (message: unknown, index) => {
    const name = `ancillary[${index}]`
    if (typeof message !== 'object' || message === null)
      throw badValue(`${name} is ${show(message)}: { level, type, data } is needed`)
    mustKnow(['level', 'type', 'data'], message, name)
    const { level, type, data } = message as Record<string, unknown>
    if (!isBytes(data)) throw badValue(`${name}.data is ${show(data)}: a Uint8Array is needed`)
    room += data.length
    if (room > MOST_CONTROL)
      throw badValue(
        `${name}.data: ${room} bytes of control messages are too many: the kernel takes net.core.optmem_max`,
      )
    return { level: checked(INT32, `${name}.level`, level), type: checked(INT32, `${name}.type`, type), data }
  })
}

/** SCM_MAX_FD: the most descriptors of one message. */
const MOST_DESCRIPTORS = 253

function descriptorNumbers(given: unknown): number[] {
  if (!Array.isArray(given)) throw badValue(`descriptors is ${show(given)}: an array of numbers or { fd } is needed`)
  if (given.length > MOST_DESCRIPTORS)
    throw badValue(
      `descriptors has ${given.length}: one message takes at most ${MOST_DESCRIPTORS}; send several messages`,
    )
  return Array.from(given, (one: unknown, index) => {
    const fd = typeof one === 'object' && one !== null ? (one as { fd: unknown }).fd : one
    if (INT32.right(fd)) return fd
    throw badValue(`descriptors[${index}] is ${show(one)}: the number of an open descriptor, or { fd }, is needed`)
  })
}

const CREDENTIALS = { pid: INT32, uid: UINT32, gid: UINT32 }

function credentialsOf(given: unknown): Credentials {
  const { pid, uid, gid } = checkFields(given as Record<string, unknown>, CREDENTIALS, 'credentials')
  return {
    pid: checked(INT32, 'credentials: pid', pid),
    uid: checked(UINT32, 'credentials: uid', uid),
    gid: checked(UINT32, 'credentials: gid', gid),
  }
}

/** The circumstances that a choice is checked for. */
export interface ChoiceContext {
  /** The socket's family. */
  readonly family: Family
  /** Whether the datagram goes over IPv6. */
  readonly ipv6: boolean
  /** Whether an option was set when the sender was opened. */
  isSet(option: AnyOption): boolean
}

type NativeChoiceValue = number | bigint | string | NativeControlMessage[] | number[] | Credentials

const INET: readonly Family[] = ['ipv4', 'ipv6']
/** The families whose messages take what SOL_SOCKET has. */
const INET_AND_PACKET: readonly Family[] = [...INET, 'packet']

interface Row {
  /** The families that have the setting. Default: all. */
  readonly families?: readonly Family[]
  /** Converts the value for the native row of the same name, or throws. */
  check(value: unknown, context: ChoiceContext): NativeChoiceValue
  /** The option without which the kernel refuses the message, and words that say how to set it. */
  readonly needs?: { readonly option: AnyOption; readonly words: string }
}

const ROWS: { readonly [Name in keyof SendChoice]-?: Row } = {
  hopLimit: { families: INET, check: (value, { ipv6 }) => hopLimit(value, ipv6) },
  trafficClass: { families: INET, check: (value) => checked(BYTE, 'trafficClass', value) },
  transmitTime: {
    families: INET_AND_PACKET,
    check: nanoseconds,
    needs: { option: SO_TXTIME, words: "a clock: openSender({ transmitTime: 'monotonic' or 'tai' })" },
  },
  timestampId: {
    families: INET_AND_PACKET,
    check: (value) => checked(UINT32, 'timestampId', value),
    needs: { option: SO_TIMESTAMPING, words: 'timestamps: openSender({ transmitTimestamps: true })' },
  },
  source: { families: INET, check: (value, { ipv6 }) => localAddress(value, ipv6) },
  interface: { families: INET, check: interfaceIndex },
  mark: { families: INET_AND_PACKET, check: (value) => checked(UINT32, 'mark', value) },
  priority: { families: INET_AND_PACKET, check: (value) => checked(INT32, 'priority', value) },
  dontFragment: {
    families: INET,
    check: (value, { ipv6 }) =>
      Number(ofIpv6('dontFragment', checked(flag, 'dontFragment', value), ipv6, 'set IP_MTU_DISCOVER on the socket')),
  },
  flowLabel: {
    families: INET,
    check: (value, { ipv6 }) => ofIpv6('flowLabel', checked(FLOW_LABEL, 'flowLabel', value), ipv6, 'leave it out'),
  },
  segment: { families: INET, check: (value) => checked(SEGMENT, 'segment', value) },
  ancillary: { check: controlMessages },
  descriptors: { families: ['unix'], check: descriptorNumbers },
  credentials: { families: ['unix', 'netlink'], check: credentialsOf },
}

/** The names that a choice may have. */
export const CHOICES = Object.keys(ROWS) as readonly (keyof SendChoice)[]

export function checkChoice(choice: SendChoice, context: ChoiceContext): NativeSendChoice | undefined {
  const native: Record<string, NativeChoiceValue> = {}
  for (const name of CHOICES) {
    const value = choice[name]
    if (value === undefined) continue
    const { check, needs, families } = ROWS[name]
    if (families?.includes(context.family) === false)
      throw badValue(
        `${name} is ${show(value)}, and this socket is of ${context.family}: messages of ${families.join(', ')} have it`,
      )
    native[name] = check(value, context)
    if (needs !== undefined && !context.isSet(needs.option)) throw badValue(`${name} needs ${needs.words}`)
  }
  return Object.keys(native).length === 0 ? undefined : native
}
