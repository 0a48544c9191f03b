// What a message to send holds, and the checks of it.
import { mustBe, whole } from '../base/check-fields.ts'
import { badValue, show } from '../base/errors.ts'
import type { NativeSendChoice } from '../binding/native.ts'
import { interfaceOfZone, parseAddress } from '../net/address.ts'
import { interfaceByNameOrIndex } from '../net/interfaces.ts'
import type { Endpoint } from '../net/socket-address.ts'

/** How one send, or one datagram, differs from the socket's settings. */
export interface SendChoice {
  /** TTL, 1 to 255, or hop limit, 0 to 255. `IP_TTL`, `IPV6_HOPLIMIT` */
  hopLimit?: number
  /** TOS or traffic class, 0 to 255. `IP_TOS`, `IPV6_TCLASS` */
  trafficClass?: number
  /**
   * When to leave, in nanoseconds of the clock that openSender's `transmitTime` names; it takes a queueing discipline
   * such as etf or fq. `SO_TXTIME`
   */
  transmitTime?: bigint
  /** The source address, one of this host, of the destination's family. `IP_PKTINFO`, `IPV6_PKTINFO` */
  source?: string
  /** The interface, by name or index. `IP_PKTINFO`, `IPV6_PKTINFO` */
  interface?: string | number
}

/** A datagram with a destination or settings of its own. */
export interface Message extends SendChoice {
  data: Uint8Array
  to?: Endpoint
}

const PORT = whole(1, 65535)

export function checkEndpoint(to: unknown, name = 'to'): asserts to is Endpoint {
  const { address, port } = (typeof to === 'object' && to !== null ? to : {}) as Partial<Endpoint>
  if (typeof address !== 'string' || parseAddress(address) === undefined)
    throw badValue(
      `${name} is ${show(address ?? to)}: { address, port } with an IP address is needed; look a name up first, with node:dns`,
    )
  mustBe(PORT, `${name}.port`, port)
}

function byte(value: unknown, name: string, least: number): number {
  const rule = whole(least, 255)
  if (rule.right(value)) return value
  const hint = value === 0 ? '; for multicast that stays on this host set `hops: 0` in openSender' : ''
  throw badValue(`${name} is ${show(value)}: ${rule.words} is needed${hint}`)
}

export function checkChoice(choice: SendChoice, ipv6: boolean, timed: boolean): NativeSendChoice | undefined {
  const { hopLimit, trafficClass, source, interface: through, transmitTime } = choice
  const native: { -readonly [K in keyof NativeSendChoice]: NativeSendChoice[K] } = {}
  if (hopLimit !== undefined) native.hopLimit = byte(hopLimit, 'hopLimit', ipv6 ? 0 : 1)
  if (trafficClass !== undefined) native.trafficClass = byte(trafficClass, 'trafficClass', 0)
  if (source !== undefined) {
    if (typeof source !== 'string' || parseAddress(source)?.family !== (ipv6 ? 6 : 4))
      throw badValue(`source is ${show(source)}: a local IPv${ipv6 ? 6 : 4} address is needed, as the destination is`)
    const zone = parseAddress(source)?.zone
    if (zone !== undefined) interfaceByNameOrIndex(interfaceOfZone(zone))
    native.source = source
  }
  if (through !== undefined) {
    const found = interfaceByNameOrIndex(through)
    if (found === undefined) throw badValue(`interface is ${show(through)}: a name or an index is needed`)
    native.interface = found.index
  }
  if (transmitTime !== undefined) {
    if (typeof transmitTime !== 'bigint' || transmitTime < 0n || transmitTime >= 2n ** 64n)
      throw badValue(`transmitTime is ${show(transmitTime)}: nanoseconds as a BigInt are needed`)
    if (!timed) throw badValue("transmitTime needs a clock: openSender({ transmitTime: 'monotonic' or 'tai' })")
    native.transmitTime = transmitTime
  }
  return Object.keys(native).length === 0 ? undefined : native
}
