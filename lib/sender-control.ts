import { parseAddress } from './address.ts'
import { badValue, show } from './errors.ts'
import { interfaceIndex } from './interfaces.ts'
import { type NativeDatagrams, native } from './native.ts'
import { byteInRange, type SendChoice } from './sender-options.ts'

const constant = (name: string): number => native.constants[name] ?? -1

const int = (value: number): Uint8Array => new Uint8Array(Int32Array.of(value).buffer)

function packetInfo(choice: SendChoice, ipv6: boolean): Uint8Array {
  const index = choice.interface === undefined ? 0 : interfaceIndex(choice.interface)
  const address = choice.source ?? (ipv6 ? '::' : '0.0.0.0')
  if (parseAddress(address) === undefined || address.includes(':') !== ipv6)
    throw badValue(`source is ${show(address)}: a local IPv${ipv6 ? 6 : 4} address is needed`)
  const value = ipv6 ? { address, interface: index } : { interface: index, source: address, destination: '0.0.0.0' }
  return native.encode(native.codecs[ipv6 ? 'in6_pktinfo' : 'in_pktinfo'] ?? -1, value)
}

/** The control messages that say how a datagram is to be sent; `undefined` where the socket's settings hold. */
export function controlFor(
  send: NativeDatagrams,
  choice: SendChoice,
  ipv6: boolean,
  segment: number,
): Uint8Array | undefined {
  const level = constant(ipv6 ? 'IPPROTO_IPV6' : 'IPPROTO_IP')
  const list: (number | Uint8Array)[] = []
  const { hopLimit, trafficClass, transmitTime } = choice
  byteInRange(hopLimit, 'hopLimit')
  byteInRange(trafficClass, 'trafficClass')
  if (hopLimit !== undefined) list.push(level, constant(ipv6 ? 'IPV6_HOPLIMIT' : 'IP_TTL'), int(hopLimit))
  if (trafficClass !== undefined) list.push(level, constant(ipv6 ? 'IPV6_TCLASS' : 'IP_TOS'), int(trafficClass))
  if (choice.source !== undefined || choice.interface !== undefined)
    list.push(level, constant(ipv6 ? 'IPV6_PKTINFO' : 'IP_PKTINFO'), packetInfo(choice, ipv6))
  if (transmitTime !== undefined) {
    if (typeof transmitTime !== 'bigint' || transmitTime < 0n || transmitTime >= 2n ** 64n)
      throw badValue(`transmitTime is ${show(transmitTime)}: nanoseconds as a BigInt are needed`)
    list.push(constant('SOL_SOCKET'), constant('SO_TXTIME'), new Uint8Array(BigUint64Array.of(transmitTime).buffer))
  }
  if (segment > 0)
    list.push(constant('IPPROTO_UDP'), constant('UDP_SEGMENT'), new Uint8Array(Uint16Array.of(segment).buffer))
  return list.length === 0 ? undefined : send.encodeControlMessages(list)
}
