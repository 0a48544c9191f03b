import { datagramsNative } from '../binding/native.ts'
import type { SendChoice } from '../datagram/message.ts'
import { createPrepare } from '../datagram/prepare.ts'
import { createTransmitter } from '../datagram/transmit.ts'
import { isIpv6 } from '../net/address.ts'
import type { Endpoint } from '../net/socket-address.ts'
import type { Receiver } from '../receive/receiver.ts'

/** Sends one datagram; false where the send buffer is full, and it is as good as lost. */
export type SendOne = (data: Uint8Array, to: Endpoint, choice?: SendChoice) => boolean

/** Sending from a receiver's own socket, so that answers come to it and answers come from its port. */
export function sendFrom(receiver: Receiver): SendOne {
  const send = datagramsNative()
  const ipv6 = isIpv6(receiver.address.address)
  const prepare = createPrepare(send, { ipv6, to: undefined, connected: false, timed: false })
  const transmitter = createTransmitter(send, {
    fd: () => receiver.control.fd,
    segmentation: false,
    tellReturned: () => false,
    mtu: () => undefined,
  })
  return (data, to, choice) => transmitter.advance(prepare(data, to, choice)) > 0
}
