import dgram from 'node:dgram'
import { once } from 'node:events'
import { control, type SocketControl } from 'sockctl'
import { onTestFinished } from 'vitest'
import { type Inbox, inboxOf } from './datagrams.ts'
import { plan, type TwoHosts } from './hosts.ts'
import type { Sender } from './senders.ts'

/** What differs between the families. */
export interface Family {
  readonly family: 4 | 6
  readonly key: 'ipv4' | 'ipv6'
  readonly wildcard: string
  /** Two groups for any source, and two of the source-specific range. */
  readonly group: string
  readonly otherGroup: string
  readonly channel: string
  readonly otherChannel: string
  /** An address that never sends. */
  readonly nobody: string
}

/** One family on one interface of host A, with two sources on host B. */
export interface Lane extends Family {
  readonly name: string
  readonly at: 0 | 1
  readonly interface: string
  /** Host A's addresses there. */
  readonly local: readonly [string, string]
  readonly sources: readonly [string, string]
}

export const families: readonly [Family, Family] = [
  {
    family: 4,
    key: 'ipv4',
    wildcard: '0.0.0.0',
    group: '239.1.2.3',
    otherGroup: '239.1.2.4',
    channel: '232.1.2.3',
    otherChannel: '232.1.2.4',
    nobody: '192.0.2.1',
  },
  {
    family: 6,
    key: 'ipv6',
    wildcard: '::',
    group: 'ff15::123',
    otherGroup: 'ff15::124',
    channel: 'ff35::123',
    otherChannel: 'ff35::124',
    nobody: '2001:db8::1',
  },
]

const laneOf = (family: Family, at: 0 | 1): Lane => {
  const { a, b } = plan[at]
  return {
    ...family,
    name: `IPv${family.family} on ${a.name}`,
    at,
    interface: a.name,
    local: a[family.key],
    sources: b[family.key],
  }
}

/** Every family on every interface, for `describe.each`. */
export const lanes: readonly Lane[] = families.flatMap((family) => [laneOf(family, 0), laneOf(family, 1)])

export interface Receiver {
  readonly socket: dgram.Socket
  readonly control: SocketControl
  readonly inbox: Inbox
  readonly port: number
  close(): Promise<void>
}

export interface ReceiverOptions {
  readonly bind?: string
  readonly port?: number
  readonly reuseAddr?: boolean
  readonly ipv6Only?: boolean
}

/** A socket that datagrams are sent to. */
export type Hearing = Pick<Receiver, 'inbox' | 'port'>

/** A bound socket of Node's, closed with the test. */
export async function receiverOf(
  { family, wildcard }: Family,
  { bind = wildcard, port = 0, ...options }: ReceiverOptions = {},
): Promise<Receiver> {
  const socket = dgram.createSocket({ type: family === 4 ? 'udp4' : 'udp6', ...options })
  const closed = new Promise<void>((resolve) => socket.once('close', resolve))
  let open = true
  const close = () => {
    if (open) socket.close()
    open = false
    return closed
  }
  onTestFinished(close)
  socket.once('close', () => {
    open = false
  })
  const inbox = inboxOf(socket)
  socket.bind(port, bind)
  await once(socket, 'listening')
  return { socket, control: control(socket), inbox, port: socket.address().port, close }
}

const senders = new WeakMap<TwoHosts, Map<string, Sender>>()

/** The sender of an address on host B (and through an interface), started once for all tests of the hosts. */
export function senderAt(hosts: TwoHosts, address: string, through?: string): Sender {
  const started = senders.get(hosts) ?? new Map<string, Sender>()
  senders.set(hosts, started)
  const key = `${address} ${through}`
  const sender =
    started.get(key) ?? hosts.sender('B', { bind: address, ...(through !== undefined && { interface: through }) })
  started.set(key, sender)
  return sender
}

let lastSeq = 0

/** The address of the marker that ends a receiver's wait. Default: unicast, through the lane. */
export interface Marks {
  /** A group that every receiver has joined, for sockets that unicast does not reach. */
  readonly address?: string
  /** Another lane, for a receiver that hears nothing of this one. */
  readonly lane?: Lane
}

/**
 * Each source of the lane sends one datagram to the group, in order; gives the sources whose datagram arrived.
 * A marker that arrives afterwards proves that the other datagrams did not.
 */
export async function heard(
  hosts: TwoHosts,
  lane: Lane,
  receiver: Hearing,
  group: string,
  marks: Marks = {},
): Promise<string[]> {
  const [sources = []] = await heardByEach(hosts, lane, [receiver], group, marks)
  return sources
}

/** Like `heard`, for several sockets on one port: these need a group for the markers. */
export async function heardByEach(
  hosts: TwoHosts,
  lane: Lane,
  receivers: readonly Hearing[],
  group: string,
  { address, lane: markLane = lane }: Marks,
): Promise<string[][]> {
  const port = receivers[0]?.port ?? 0
  const sent = new Set<number>()
  for (const sender of lane.sources.map((source) => senderAt(hosts, source))) {
    sent.add(++lastSeq)
    await sender.send({ address: group, port }, [lastSeq])
  }
  const marker = senderAt(hosts, markLane.sources[0]).mark({ address: address ?? markLane.local[0], port })
  return Promise.all(
    receivers.map(async ({ inbox }) => {
      const arrived = await inbox.until(marker)
      // A socket for both families gets IPv4 sources as mapped addresses.
      const stray = arrived.find(
        ({ seq, from, source }) => !sent.has(seq) || from !== source.address.replace('::ffff:', ''),
      )
      if (stray) throw new Error(`a datagram that was not sent here: ${JSON.stringify(stray)}`)
      return arrived.map(({ from }) => from)
    }),
  )
}
