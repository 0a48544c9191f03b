import { setInterval } from 'node:timers/promises'
import { abortSignal, type FieldRule, list, whole } from '../base/check-fields.ts'
import { SocketOptionError } from '../base/errors.ts'
import { merged } from '../base/merge.ts'
import type { Channel, Membership } from '../control/membership.ts'
import type { Datagram } from '../datagram/datagram.ts'
import { isMulticast } from '../net/address.ts'
import { interfaces } from '../net/interfaces.ts'
import { SO_RCVBUF } from '../options/table/socket.ts'
import { onInterfaceRemoved } from '../receive/on-interface-removed.ts'
import { openReceiver, type Receiver } from '../receive/receiver.ts'
import type { AncillaryChoice } from '../receive/receiver-options.ts'

/** Where to listen for announcements that go to well-known groups. */
export interface ListenOptions {
  /** Names, indexes or local addresses. Default: every interface that is up and takes multicast. */
  interfaces?: readonly (string | number)[]
  /** 1 to 65535. */
  port?: number
  groups?: readonly string[]
  signal?: AbortSignal
}

/** What its fields are, to be checked by those who take them. */
export const LISTEN_FIELDS: Record<keyof ListenOptions, FieldRule> = {
  interfaces: list('an array of names, indexes or local addresses'),
  port: whole(1, 65535),
  groups: list('an array of groups'),
  signal: abortSignal,
}

export interface Listener {
  readonly memberships: readonly Membership[]
  /** Batches of what was sent to the groups, and now and then nothing but a look at the clock. Fails once no interface is left. */
  batches(tick: number): AsyncGenerator<readonly Datagram[], void, undefined>
  close(): Promise<void>
}

interface Wanted extends ListenOptions {
  port: number
  groups: readonly string[]
  ancillary?: AncillaryChoice
}

/** Announcements come in bursts: everybody's at once where somebody asks for them. */
const BUFFER = 2 ** 20

/** Joins groups of both families on many interfaces; where none was named, those that can't be joined on are passed over. */
export async function openListener({ port, groups, signal, ancillary = {}, ...given }: Wanted): Promise<Listener> {
  const on = given.interfaces ?? capable()
  const receivers: Receiver[] = []
  const closing = new AbortController()
  let refusal: unknown
  const close = async (): Promise<void> => {
    closing.abort()
    await Promise.all(receivers.map((receiver) => receiver.close()))
  }
  const passOver = (error: unknown): void => {
    if (given.interfaces !== undefined || !isPassedOver(error)) throw error
    refusal ??= error
  }
  try {
    for (const family of [
      groups.filter((group) => !group.includes(':')),
      groups.filter((group) => group.includes(':')),
    ]) {
      let receiver: Receiver | undefined
      for (const name of family.length === 0 ? [] : on) {
        const channels = family.map((group): Channel => ({ group, interface: name }))
        try {
          if (receiver !== undefined) for (const channel of channels) await receiver.join(channel)
          else {
            receiver = await openReceiver({
              port,
              channels,
              ancillary,
              options: [[SO_RCVBUF, BUFFER]],
              ...(signal && { signal }),
            })
            receivers.push(receiver)
          }
        } catch (error) {
          passOver(error)
        }
      }
    }
    if (receivers.length === 0) throw refusal ?? nowhere()
  } catch (error) {
    await close()
    throw error
  }
  let lost: SocketOptionError | undefined
  onInterfaceRemoved(receivers, ({ name }, anyLeft) => {
    if (anyLeft) return
    lost = new SocketOptionError(`the interface ${name} is gone: nothing is joined any more`, {
      code: 'ENODEV',
      reason: 'no-interface',
    })
    void close()
  })
  return {
    get memberships() {
      return receivers.flatMap(({ memberships }) => memberships)
    },
    async *batches(tick) {
      const clock = ticks(tick, signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal]))
      for await (const batch of merged<readonly Datagram[]>([...receivers, clock]))
        yield batch.filter(({ destination = '' }) => isMulticast(destination))
      if (lost !== undefined) throw lost
    },
    close,
  }
}

const capable = (): string[] => interfaces().flatMap(({ name, flags }) => (flags.up && flags.multicast ? name : []))

/** Without an address of the family, or with the family switched off. */
const isPassedOver = (error: unknown): boolean =>
  error instanceof SocketOptionError && (error.reason === 'no-interface' || error.reason === 'system')

const nowhere = (): SocketOptionError =>
  new SocketOptionError('no interface is up and takes multicast: name one', {
    code: 'ERR_NO_INTERFACE',
    reason: 'no-interface',
  })

async function* ticks(milliseconds: number, signal: AbortSignal): AsyncGenerator<readonly Datagram[], void, undefined> {
  try {
    for await (const _ of setInterval(milliseconds, undefined, { signal, ref: false })) yield []
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
