// Checks what a call of `send` is given, and converts it for the native side.
import { mustKnow } from '../base/check-fields.ts'
import { badValue, SocketOptionError, show, wrongType } from '../base/errors.ts'
import type { NativeDatagrams, NativeSendChoice, OneOrEach } from '../binding/native.ts'
import { isIpv6, isMapped, parseAddress, toIpv6, zoneOf } from '../net/address.ts'
import { noInterface } from '../net/interfaces.ts'
import type { Endpoint } from '../net/socket-address.ts'
import type { AnyOption } from '../options/option.ts'
import { CHOICES, checkChoice, checkEndpoint, type Message, type SendChoice } from './message.ts'

/** Datagrams as the native side takes them, and how many of them are sent. */
export interface PreparedSend {
  datagrams: readonly Uint8Array[]
  readonly to: OneOrEach
  /** The choice, if all datagrams have the same one. They may then be segmented. */
  readonly choice: NativeSendChoice | undefined
  /** Whether the datagrams go over IPv6, if all have the same destination. */
  readonly ipv6: boolean
  /** The control messages of each datagram, if their choices differ. */
  readonly controls?: readonly (Uint8Array | undefined)[]
  /** The number of datagrams that the kernel has taken. */
  done: number
}

export interface PreparePlan {
  /** The socket's family. */
  readonly ipv6: boolean
  readonly to: Endpoint | undefined
  readonly connected: boolean
  /** Whether an option was set when the sender was opened. */
  isSet(option: AnyOption): boolean
}

/** Checks all arguments of `send`, and converts them. Throws before anything is sent. */
export type Prepare = (
  data: Uint8Array | readonly (Uint8Array | Message)[],
  to: Endpoint | undefined,
  choice: SendChoice | undefined,
) => PreparedSend

const NO_CHOICE: NativeSendChoice = {}

/** A destination as its `struct sockaddr`: an IPv4-mapped address goes over IPv4. */
export const goesOverIpv6 = (sockaddr: Uint8Array): boolean =>
  sockaddr.length > 16 && !isMapped(sockaddr.subarray(8, 24))

/** The error for an address with a zone that is no interface. */
function explainZone(address: string): Error | undefined {
  const zone = parseAddress(address)?.zone
  return zone === undefined ? undefined : noInterface(zone)
}

export function createPrepare(send: NativeDatagrams, plan: PreparePlan): Prepare {
  let last: { address: string; port: number; bytes: Uint8Array; ipv6: boolean } | undefined
  let connected: { bytes: undefined; ipv6: boolean } | undefined

  const encode = ({ address, port }: Endpoint): { bytes: Uint8Array; ipv6: boolean } => {
    if (last?.address === address && last.port === port) return last
    if (!plan.ipv6 && isIpv6(address)) throw badValue(`to is '${address}': this sender is IPv4`)
    const bytes = bytesOf(plan.ipv6 ? toIpv6(address) : address, port)
    // A zone names an interface, whose index changes when the interface is made anew. So it is looked up each time.
    const encoded = { address, port, bytes, ipv6: goesOverIpv6(bytes) }
    if (zoneOf(address) === undefined) last = encoded
    return encoded
  }

  const bytesOf = (address: string, port: number): Uint8Array => {
    try {
      return send.encodeSockaddr(address, port)
    } catch (error) {
      // All but the zone has been checked before.
      throw explainZone(address) ?? error
    }
  }

  /** The sockaddr that a datagram is sent to: `undefined` on a connected socket, unless the call gives one. */
  const destination = (to: Endpoint | undefined): { bytes: Uint8Array | undefined; ipv6: boolean } => {
    const end = to ?? plan.to
    if (end === undefined)
      throw new SocketOptionError('this sender has no destination: give `to`, here or to openSender', {
        code: 'ERR_NO_DESTINATION',
        reason: 'bad-value',
      })
    if (to !== undefined || !plan.connected) return encode(end)
    connected ??= { bytes: undefined, ipv6: encode(end).ipv6 }
    return connected
  }

  const prepareAlike = (datagrams: readonly Uint8Array[], to: Endpoint | undefined, choice: SendChoice | undefined) => {
    const { bytes, ipv6 } = destination(to)
    const nativeChoice = choice && checkChoice(choice, { ipv6, isSet: plan.isSet })
    return { datagrams, to: bytes, choice: nativeChoice, ipv6, done: 0 }
  }

  const prepareEach = (
    items: readonly (Uint8Array | Message)[],
    to: Endpoint | undefined,
    choice: SendChoice | undefined,
  ): PreparedSend => {
    const ends: (Uint8Array | undefined)[] = []
    const controls: (Uint8Array | undefined)[] = []
    const datagrams = items.map((item, index) => {
      const message: Message = item instanceof Uint8Array ? { data: item } : item
      if (!(message?.data instanceof Uint8Array))
        throw badValue(`data[${index}] is ${show(item)}: a Uint8Array or { data, ... } is needed`)
      if (message.to !== undefined) checkEndpoint(message.to, `data[${index}].to`)
      const { bytes, ipv6 } = destination(message.to ?? to)
      const nativeChoice = checkChoice({ ...choice, ...message }, { ipv6, isSet: plan.isSet })
      ends.push(bytes)
      controls.push(nativeChoice && send.encodeSendControl(ipv6, nativeChoice, 0))
      return message.data
    })
    return { datagrams, to: ends, choice: undefined, ipv6: plan.ipv6, controls, done: 0 }
  }

  return (data, to, choice) => {
    if (to !== undefined) checkEndpoint(to)
    if (choice !== undefined && (typeof choice !== 'object' || choice === null))
      throw wrongType(`the third argument is ${show(choice)}: { hopLimit?, trafficClass?, ... } is needed`)
    if (choice !== undefined) mustKnow(CHOICES, choice, 'the third argument')
    if (data instanceof Uint8Array) return prepareAlike([data], to, choice)
    if (!Array.isArray(data)) throw badValue(`data is ${show(data)}: a Uint8Array, or an array of them, is needed`)
    if (data.length === 0) return { datagrams: [], to: undefined, choice: NO_CHOICE, ipv6: plan.ipv6, done: 0 }
    if (data.every((item) => item instanceof Uint8Array)) return prepareAlike(data as Uint8Array[], to, choice)
    return prepareEach(data, to, choice)
  }
}
