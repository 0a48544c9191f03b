// A receiver of `sockctl receive` with its counter and the memberships it began with.

import { type Datagram, openReceiver, type Receiver } from '../../../index.ts'
import { unmapped, withoutZone } from '../../../net/address.ts'
import { interfaceLabel } from '../../shell/interface-option.ts'
import { openAtHost } from '../../shell/open-at-host.ts'
import { type ArrivalCounter, countArrivals, type RtpChoice } from './arrivals.ts'
import type { PlannedHost, PlannedReceiver, ReceiveBuffer } from './plan.ts'

/** A socket of the command, and the counter of what arrived at it. */
export interface OpenedReceiver {
  readonly receiver: Receiver
  readonly counter: ArrivalCounter
  /** Whether a datagram is wanted, if not all are: from a source that is blocked some may come before the block. */
  readonly wants?: (datagram: Datagram) => boolean
  /** What the receiver joined; kept after it is closed. */
  readonly joined: readonly JoinedChannel[]
  /** The address of this host that it listens at, if it joined nothing. */
  readonly listening?: string
  readonly port: number
}

export interface JoinedChannel {
  readonly group: string
  readonly port: number
  readonly source?: string
  readonly blocked: readonly string[]
  /** The interface now. */
  readonly interface: { readonly name: string; readonly index: number }
  /** Whether the channel waits for its interface as the receiver is opened. */
  readonly waits: boolean
}

/** What all sockets of the command have in common. */
export interface OpenChoices {
  readonly buffer: ReceiveBuffer
  /** Whether datagrams are printed, for which their time and hop limit are needed. */
  readonly telling: boolean
  /** Whether channels may wait for an interface that is not there. */
  readonly waitForInterface: boolean
  /** How RTP is read. */
  readonly rtp: RtpChoice
}

/** Opens a planned receiver and blocks sources on its memberships. */
export async function openPlanned(
  { port, channels, blocked, rtp }: PlannedReceiver,
  { buffer, telling, waitForInterface, rtp: choice }: OpenChoices,
): Promise<OpenedReceiver> {
  const receiver = await openReceiver({
    port,
    channels,
    batch: 256,
    options: [buffer],
    ancillary: { timestamp: rtp || telling, hopLimit: telling },
    keep: { waitForInterface },
  })
  const memberships = receiver.channels.flatMap((channel) => channel.memberships)
  try {
    for (const membership of memberships)
      if (membership.source === undefined)
        for (const source of blocked.get(membership.group) ?? []) await membership.block(source)
  } catch (error) {
    await receiver.close()
    throw error
  }
  const joined = memberships.map((membership) => ({
    group: membership.group,
    port,
    ...(membership.source !== undefined && { source: membership.source }),
    blocked: membership.blocked,
    get interface() {
      return membership.interface
    },
    waits: !membership.active,
  }))
  const wants = ({ source, destination = '' }: Datagram): boolean =>
    blocked.get(withoutZone(unmapped(destination)))?.includes(withoutZone(unmapped(source.address))) !== true
  return {
    receiver,
    counter: countArrivals(port, rtp ? choice : undefined),
    joined,
    port,
    ...([...blocked.values()].some(({ length }) => length > 0) && { wants }),
  }
}

/** Opens the receivers of a planned host: one, or one of each family. */
export async function openHosts(
  { address, port, interface: on, reuse, rtp }: PlannedHost,
  { buffer, telling, rtp: choice }: OpenChoices,
): Promise<OpenedReceiver[]> {
  const receivers = await openAtHost(address, on, {
    port,
    reuse,
    batch: 256,
    options: [buffer],
    ancillary: { timestamp: rtp || telling, hopLimit: telling },
  })
  return receivers.map((receiver) => ({
    receiver,
    counter: countArrivals(port, rtp ? choice : undefined),
    joined: [],
    listening: receiver.address.address,
    port,
  }))
}

/** The name of an interface; of one that is gone, if something was joined on it. */
export function interfaceNameIn(joined: readonly JoinedChannel[], wanted: number): string {
  const known = joined.find(({ interface: { index } }) => index === wanted)
  return known?.interface.name ?? interfaceLabel(wanted)
}
