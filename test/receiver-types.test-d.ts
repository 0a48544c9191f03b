// Checked by `npm run typecheck`: a line that must not compile says so, and the check fails where it does.
import {
  type ChannelEvent,
  type Datagram,
  type Endpoint,
  type Message,
  openReceiver,
  openSender,
  type Receiver,
  type ReceiverOptions,
  type ReturnedError,
  type SenderOptions,
  type TransmitTimestamp,
} from 'sockctl'
import { IP_ADD_MEMBERSHIP, SO_LINGER, SO_RCVBUF, SO_SNDBUF, SO_TYPE } from 'sockctl/options'

const channel = { group: '239.1.1.1', interface: 'lo' }

export async function receives(): Promise<Receiver> {
  const options: ReceiverOptions = { channels: new Set([channel]), port: 5000, options: [[SO_RCVBUF, 1000]] }
  await using receiver = await openReceiver(options)
  const more = [
    [SO_RCVBUF, 1000],
    [SO_LINGER, { onoff: false, linger: 0 }],
    [IP_ADD_MEMBERSHIP, { group: '239.1.1.1' }],
  ] as const
  await openReceiver({ options: more })
  await openReceiver({ channels: [channel], ancillary: { timestamp: 'hardware' }, signal: AbortSignal.timeout(1) })
  for await (const batch of receiver) {
    const [first]: Datagram[] = batch
    const { address, port }: Endpoint = first?.source ?? receiver.address
    const time: bigint | undefined = first?.timestamp
    void [address, port, time]
    // @ts-expect-error it may not have been told
    first?.hopLimit.toFixed()
  }
  receiver.on('channel-change', ({ type, interface: { name } }: ChannelEvent) => void [type, name])
  receiver.on('returned-error', ({ code, icmpType }: ReturnedError) => void [code, icmpType.toFixed()])
  // @ts-expect-error no such event
  receiver.on('message', () => {})
  const [membership] = await receiver.joinAll(new Set([channel]))
  await membership?.leave()
  // @ts-expect-error joinAll takes channels
  await receiver.joinAll(channel)

  // @ts-expect-error a string is no number
  await openReceiver({ options: [[SO_RCVBUF, '1000']] })
  await openReceiver({
    options: [
      [SO_RCVBUF, 1000],
      // @ts-expect-error each value is of its own option's type
      [SO_LINGER, 1],
    ],
  })
  // @ts-expect-error an option that can only be read
  await openReceiver({ options: [[SO_TYPE, 1]] })
  // @ts-expect-error an option without a value
  await openReceiver({ options: [[SO_RCVBUF]] })
  // @ts-expect-error no such option
  await openReceiver({ groups: [channel] })
  // @ts-expect-error a channel needs a group
  await openReceiver({ channels: [{ source: '10.0.0.1' }] })
  // @ts-expect-error streams are Node's
  await openReceiver({ type: 'stream' })
  // @ts-expect-error hop limits are told or not
  await openReceiver({ ancillary: { hopLimit: 3 } })
  return receiver
}

export async function sends(): Promise<number> {
  const options: SenderOptions = { to: { address: '239.1.1.1', port: 5000 }, options: [[SO_SNDBUF, 1000]] }
  await using sender = await openSender(options)
  const message: Message = { data: Buffer.from('x'), hopLimit: 3, transmitTime: 1n, interface: 'lo' }
  await sender.send([message, new Uint8Array(3)], { address: '10.0.0.1', port: 1 }, { trafficClass: 4 })
  sender.on('transmitted', ({ id, timestamp }: TransmitTimestamp) => void [id.toFixed(), timestamp])
  // @ts-expect-error text has to be encoded
  await sender.send('x')
  // @ts-expect-error a port is needed
  await sender.send(new Uint8Array(3), { address: '10.0.0.1' })
  // @ts-expect-error nanoseconds are BigInts
  await sender.send({ data: new Uint8Array(3), transmitTime: 1 })
  // @ts-expect-error a string is no number
  await openSender({ options: [[SO_SNDBUF, '1000']] })
  // @ts-expect-error the kernel has other clocks, but no queue takes them
  await openSender({ transmitTime: 'realtime' })
  const { segmentation, waits }: { segmentation: boolean; waits: number } = sender.stats()
  return segmentation ? waits : sender.send(message.data)
}
