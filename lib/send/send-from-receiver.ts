// Answers from a receiver's own socket.
import { datagramsNative } from '../binding/native.ts'
import { createInetDestinations } from '../datagram/destination.ts'
import type { SendChoice } from '../datagram/message.ts'
import { createPrepare } from '../datagram/prepare.ts'
import { createTransmitter } from '../datagram/transmit.ts'
import { isIpv6 } from '../net/address.ts'
import type { Endpoint } from '../net/socket-address.ts'
import type { Receiver } from '../receive/receiver.ts'

/** Sends one datagram; false if the send buffer is full, and then the datagram is dropped. */
export type SendOne = (data: Uint8Array, to: Endpoint, choice?: SendChoice) => boolean

/** Sends from a receiver's own socket: answers then have its port as their source, and come back to it. */
export function sendFrom(receiver: Receiver): SendOne {
  const send = datagramsNative()
  const ipv6 = isIpv6(receiver.address.address)
  const prepare = createPrepare(send, {
    ipv6,
    encode: createInetDestinations(send, ipv6),
    peer: () => undefined,
    howToName: 'give `to`',
    context: { family: ipv6 ? 'ipv6' : 'ipv4', isSet: () => false },
  })
  const transmitter = createTransmitter(send, {
    fd: () => receiver.control.fd,
    segmentation: false,
    interface: 0,
    tellReturned: () => false,
    mtu: () => undefined,
  })
  return (data, to, choice) => transmitter.advance(prepare(data, to, choice)) > 0
}
