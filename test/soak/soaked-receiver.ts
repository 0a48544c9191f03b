// A receiver under soak: random membership calls, each noted in the model, and what then arrived held against it.
import { type Membership, openReceiver, type Receiver } from 'sockctl'
import { type Arrived, type Inbox, inboxOfBatches } from '../support/datagrams.ts'
import type { Lane } from '../support/lanes.ts'
import type { Random } from '../support/random.ts'
import { NOT_JOINED, type Wish, wants, withoutSource, withSource } from './model.ts'

export interface SoakedReceiver {
  readonly receiver: Receiver
  readonly inbox: Inbox
  readonly port: number
  /** One random membership call; what it did, in words. */
  change(): Promise<string>
  /** What is wrong with what arrived of one burst: nothing, mostly. */
  judge(burst: Burst, arrived: readonly Arrived[]): string[]
  /** Whether a group is joined by its sources. */
  includes(): boolean
  close(): Promise<void>
}

/** Numbers that one source sent to one group. */
export interface Burst {
  readonly group: string
  readonly source: string
  readonly seqs: readonly number[]
}

export async function soakedReceiver(random: Random, lane: Lane, groups: readonly string[], marker: string) {
  const on = lane.interface
  const receiver = await openReceiver({
    channels: [{ group: marker, interface: on }],
    address: lane.wildcard,
    ancillary: { timestamp: random.chance(0.5), hopLimit: random.chance(0.5) },
    batch: random.pick([1, 7, 64, 1024]),
  })
  const inbox = inboxOfBatches(receiver)
  const wishes = new Map<string, Wish>(groups.map((group) => [group, NOT_JOINED]))
  const held = new Map<string, Membership[]>(groups.map((group) => [group, []]))

  const change = async (): Promise<string> => {
    const group = random.pick(groups)
    const source = random.pick(lane.sources)
    const wish = wishes.get(group) as Wish
    const memberships = held.get(group) as Membership[]
    const become = (next: Wish, members: Membership[], did: string): string => {
      wishes.set(group, next)
      held.set(group, members)
      return `${did} ${group}`
    }
    if (wish.mode === 'none') {
      if (random.chance(0.5)) {
        const joined = await receiver.join({ group, interface: on })
        return become({ mode: 'exclude', sources: new Set() }, [joined], 'join')
      }
      const joined = await receiver.join({ group, source, interface: on })
      return become(withSource(wish, source), [joined], `join ${source} of`)
    }
    if (random.chance(0.3)) {
      await Promise.all(memberships.map((membership) => membership.leave()))
      return become(NOT_JOINED, [], 'leave')
    }
    if (wish.mode === 'exclude') {
      const [membership] = memberships as [Membership]
      if (wish.sources.has(source)) {
        await membership.unblock(source)
        return become(withoutSource(wish, source), memberships, `unblock ${source} of`)
      }
      await membership.block(source)
      return become(withSource(wish, source), memberships, `block ${source} of`)
    }
    const mine = memberships.find((membership) => membership.source === source)
    if (mine === undefined) {
      const joined = await receiver.join({ group, source, interface: on })
      return become(withSource(wish, source), [...memberships, joined], `join ${source} of`)
    }
    await mine.leave()
    return become(
      withoutSource(wish, source),
      memberships.filter((one) => one !== mine),
      `leave ${source} of`,
    )
  }

  const judge = ({ group, source, seqs }: Burst, arrived: readonly Arrived[]): string[] => {
    const got = arrived.filter(({ seq, from }) => from === source && seqs.includes(seq)).map(({ seq }) => seq)
    const wanted = wants(wishes.get(group) as Wish, source)
    if (!wanted && got.length > 0)
      return [`${got.length} datagrams of ${source} to ${group} arrived, which are not wanted`]
    if (!wanted) return []
    const dropped = receiver.stats().dropped
    const missing = seqs.length - got.length
    if (missing > dropped)
      return [`${missing} of ${seqs.length} of ${source} to ${group} are missing, ${dropped} counted`]
    return new Set(got).size === got.length ? [] : [`datagrams of ${source} to ${group} arrived twice`]
  }

  const soaked: SoakedReceiver = {
    receiver,
    inbox,
    port: receiver.address.port,
    change,
    judge,
    includes: () => [...wishes.values()].some(({ mode }) => mode === 'include'),
    close: () => receiver.close(),
  }
  return soaked
}
