// A datagram to send: its fields and their checks. A choice that a control message carries out has one row here and one
// in native/datagram/send_control.cc.
import { type FieldRule, flag, interfaceSpec, isBytes, mustBe, mustKnow, whole } from '../base/check-fields.ts'
import { badValue, show } from '../base/errors.ts'
import type { NativeControlMessage, NativeSendChoice } from '../binding/native.ts'
import { interfaceOfZone, parseAddress, unmapped } from '../net/address.ts'
import { interfaceByNameOrIndex } from '../net/interfaces.ts'
import { checkEndpointFields, type Endpoint } from '../net/socket-address.ts'
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
}

/** A datagram with a destination or settings of its own. */
export interface Message extends SendChoice {
  /** The payload. */
  data: Uint8Array
  /** The destination, instead of the call's. */
  to?: Endpoint | undefined
}

const PORT = whole(1, 65535)
const BYTE = whole(0, 255)
const TTL = whole(1, 255)
const UINT32 = whole(0, 2 ** 32 - 1)
const INT32 = whole(0, 2 ** 31 - 1)
const FLOW_LABEL = whole(0, 2 ** 20 - 1)
const SEGMENT = whole(1, 65_535)
/** In bytes, of one datagram. The kernel takes less: net.core.optmem_max. */
const MOST_CONTROL = 2 ** 20

/** The destination that was given, checked, as a value that no code of the caller's changes any more. */
export function readEndpoint(to: unknown, name = 'to'): Endpoint {
  if (typeof to === 'object' && to !== null) checkEndpointFields(to, name)
  const { address, port } = (typeof to === 'object' && to !== null ? to : {}) as Partial<Endpoint>
  if (typeof address !== 'string' || parseAddress(address) === undefined)
    throw badValue(
      `${name} is ${show(address ?? to)}: { address, port } with an IP address is needed; look a name up first, with node:dns`,
    )
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

/** The circumstances that a choice is checked for. */
export interface ChoiceContext {
  /** Whether the datagram goes over IPv6. */
  readonly ipv6: boolean
  /** Whether an option was set when the sender was opened. */
  isSet(option: AnyOption): boolean
}

type NativeChoiceValue = number | bigint | string | NativeControlMessage[]

interface Row {
  /** Converts the value for the native row of the same name, or throws. */
  check(value: unknown, context: ChoiceContext): NativeChoiceValue
  /** The option without which the kernel refuses the message, and words that say how to set it. */
  readonly needs?: { readonly option: AnyOption; readonly words: string }
}

const ROWS: { readonly [Name in keyof SendChoice]-?: Row } = {
  hopLimit: { check: (value, { ipv6 }) => hopLimit(value, ipv6) },
  trafficClass: { check: (value) => checked(BYTE, 'trafficClass', value) },
  transmitTime: {
    check: nanoseconds,
    needs: { option: SO_TXTIME, words: "a clock: openSender({ transmitTime: 'monotonic' or 'tai' })" },
  },
  timestampId: {
    check: (value) => checked(UINT32, 'timestampId', value),
    needs: { option: SO_TIMESTAMPING, words: 'timestamps: openSender({ transmitTimestamps: true })' },
  },
  source: { check: (value, { ipv6 }) => localAddress(value, ipv6) },
  interface: { check: interfaceIndex },
  mark: { check: (value) => checked(UINT32, 'mark', value) },
  priority: { check: (value) => checked(INT32, 'priority', value) },
  dontFragment: {
    check: (value, { ipv6 }) =>
      Number(ofIpv6('dontFragment', checked(flag, 'dontFragment', value), ipv6, 'set IP_MTU_DISCOVER on the socket')),
  },
  flowLabel: {
    check: (value, { ipv6 }) => ofIpv6('flowLabel', checked(FLOW_LABEL, 'flowLabel', value), ipv6, 'leave it out'),
  },
  segment: { check: (value) => checked(SEGMENT, 'segment', value) },
  ancillary: { check: controlMessages },
}

/** The names that a choice may have. */
export const CHOICES = Object.keys(ROWS) as readonly (keyof SendChoice)[]

export function checkChoice(choice: SendChoice, context: ChoiceContext): NativeSendChoice | undefined {
  const native: Record<string, NativeChoiceValue> = {}
  for (const name of CHOICES) {
    const value = choice[name]
    if (value === undefined) continue
    const { check, needs } = ROWS[name]
    native[name] = check(value, context)
    if (needs !== undefined && !context.isSet(needs.option)) throw badValue(`${name} needs ${needs.words}`)
  }
  return Object.keys(native).length === 0 ? undefined : native
}
