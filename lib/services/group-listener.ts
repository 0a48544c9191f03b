// Listens to well-known groups of both families on many interfaces, for services whose servers announce themselves
// there.

import { setInterval } from 'node:timers/promises'
import { abortSignal, callback, type FieldRule, list, whole } from '../base/check-fields.ts'
import { SocketOptionError } from '../base/errors.ts'
import { merged } from '../base/merge.ts'
import type { ChannelEvent } from '../control/keep-options.ts'
import type { Channel, Membership } from '../control/membership.ts'
import type { AncillaryChoice } from '../datagram/ancillary.ts'
import type { Datagram } from '../datagram/datagram.ts'
import { familyOf, isMulticast } from '../net/address.ts'
import { multicastInterfaces } from '../net/interfaces.ts'
import { IPV6_V6ONLY } from '../options/table/ipv6.ts'
import { SO_RCVBUF } from '../options/table/socket.ts'
import { openReceiver } from '../receive/open-receiver.ts'
import type { Receiver } from '../receive/receiver.ts'

/** On which interfaces, port and groups to listen. */
export interface ListenOptions {
  /** Names, indexes or local addresses. Default: every interface that is up and takes multicast. */
  interfaces?: readonly (string | number)[] | undefined
  /** 1 to 65535. */
  port?: number | undefined
  /** Other groups than the well-known ones. */
  groups?: readonly string[] | undefined
  /** Called when a group is lost on an interface, or is back: as the event `channel-change` of a Receiver. */
  onChange?: ((event: ChannelEvent) => void) | undefined
  /** Closes the listener when aborted. */
  signal?: AbortSignal | undefined
}

/** The rules that `checkFields` checks ListenOptions by. */
export const LISTEN_FIELDS: Record<keyof ListenOptions, FieldRule> = {
  interfaces: list('an array of names, indexes or local addresses'),
  port: whole(1, 65535),
  groups: list('an array of groups'),
  onChange: callback,
  signal: abortSignal,
}

export interface GroupListener {
  readonly memberships: readonly Membership[]
  /**
   * Batches of the datagrams sent to the groups, or to this host too. Every `interval` milliseconds an empty batch comes too, so that the
   * reader can look at the clock. An interface that goes away is waited for.
   */
  batches(interval?: number): AsyncGenerator<readonly Datagram[], void, undefined>
  close(): Promise<void>
}

interface GroupListenerOptions extends ListenOptions {
  port: number
  groups: readonly string[]
  ancillary?: AncillaryChoice
  /** Take what is sent to this host too, at its own addresses or to broadcast ones. */
  unicast?: boolean
}

/** In bytes. Announcements come in bursts: if somebody asks for them, everybody's come at once. */
const RECEIVE_BUFFER = 2 ** 20

/** Joins the groups on each interface. Interfaces that can't be joined on are passed over, unless they were named. */
export async function openGroupListener({
  port,
  groups,
  signal,
  onChange,
  ancillary = {},
  unicast = false,
  ...given
}: GroupListenerOptions): Promise<GroupListener> {
  const wanted = given.interfaces ?? multicastInterfaces().map(({ name }) => name)
  const receivers: Receiver[] = []
  const closing = new AbortController()
  let refusal: unknown
  const close = async (): Promise<void> => {
    closing.abort()
    await Promise.all(receivers.map((receiver) => receiver.close()))
  }
  const passOver = (error: unknown): void => {
    if (given.interfaces !== undefined || !isNotJoinable(error)) throw error
    refusal ??= error
  }
  try {
    for (const family of ['ipv4', 'ipv6'] as const) {
      const ofFamily = groups.filter((group) => familyOf(group) === family)
      let receiver: Receiver | undefined
      for (const interfaceSpec of ofFamily.length === 0 ? [] : wanted) {
        const channels = ofFamily.map((group): Channel => ({ group, interface: interfaceSpec }))
        try {
          if (receiver !== undefined) for (const channel of channels) await receiver.join(channel)
          else {
            receiver = await openReceiver({
              port,
              channels,
              ancillary,
              unicast,
              options: [
                [SO_RCVBUF, RECEIVE_BUFFER],
                // Else this socket would hear IPv4's broadcasts besides the other.
                ...(family === 'ipv6' ? [[IPV6_V6ONLY, true] as const] : []),
              ],
              ...(signal && { signal }),
            })
            receivers.push(receiver)
            if (onChange !== undefined) receiver.on('channel-change', onChange)
          }
        } catch (error) {
          passOver(error)
        }
      }
    }
    if (receivers.length === 0) throw refusal ?? noInterface()
  } catch (error) {
    await close()
    throw error
  }
  return {
    get memberships() {
      return receivers.flatMap(({ memberships }) => memberships)
    },
    async *batches(interval) {
      const end = signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal])
      const clock = interval === undefined ? [] : [emptyBatches(interval, end)]
      for await (const batch of merged<readonly Datagram[]>([...receivers, ...clock]))
        yield unicast ? batch : batch.filter(({ destination = '' }) => isMulticast(destination))
    },
    close,
  }
}

/**
 * True if the interface has no address of the family, or is without the family: Linux answers EINVAL for IPv6 on an interface
 * whose MTU is below 1280 bytes.
 */
const isNotJoinable = (error: unknown): boolean =>
  error instanceof SocketOptionError &&
  (error.reason === 'no-interface' || error.reason === 'system' || error.code === 'EINVAL')

const noInterface = (): SocketOptionError =>
  new SocketOptionError('no interface is up and takes multicast: name the interface to listen on', {
    code: 'ERR_NO_INTERFACE',
    reason: 'no-interface',
  })

async function* emptyBatches(
  milliseconds: number,
  signal: AbortSignal,
): AsyncGenerator<readonly Datagram[], void, undefined> {
  try {
    for await (const _ of setInterval(milliseconds, undefined, { signal, ref: false })) yield []
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
