import { writeFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { type ChannelEvent, interfaces, type Receiver } from 'sockctl'
import { onTestFinished } from 'vitest'
import { ip } from './commands.ts'
import type { TwoHosts } from './hosts.ts'
import type { Family } from './lanes.ts'
import type { Peer } from './processes.ts'

/** Host A's address on a cable, and the sources at its far end. */
export const far = {
  4: { local: '10.57.0.1', sources: ['10.57.0.11', '10.57.0.12'], prefix: 24 },
  6: { local: 'fd57::1', sources: ['fd57::11', 'fd57::12'], prefix: 64 },
} as const

const BRIDGE = 'kbr'

/** A bridge on host B that cables of host A lead to, and a stream to each group that is asked for. */
export interface FarEnd {
  /**
   * Makes a veth pair from host A to the bridge, with an address of each family. Gives its index on host A. An
   * interface of this name must not exist.
   */
  plug(name: string, options?: { index?: number; host?: number }): Promise<number>
  /** A process of host B. */
  readonly pid: number
  /** Runs `ip` on host B, where the other end of a cable has an x behind its name. */
  readonly ip: (...args: string[]) => Promise<string>
  /** Has a snooping bridge forget that a group is wanted at the far end of a cable, until a report comes. */
  forget(name: string, group: string): Promise<void>
  /** Sends to a group from both sources of its family until the test ends. */
  stream(group: string, port: number): Promise<void>
  /** Ends a stream. */
  hush(group: string, port: number): Promise<void>
}

const nothing = (): void => {}

/**
 * @param isSnooping whether the bridge sends groups only where somebody has joined; it is the querier then
 */
export async function farEnd(hosts: TwoHosts, { isSnooping = false } = {}): Promise<FarEnd> {
  const onB = (...args: string[]): Promise<string> => hosts.ip('B', ...args)
  const snooping = [
    ...['mcast_snooping', '1', 'mcast_query_response_interval', '20'],
    ...['mcast_igmp_version', '3', 'mcast_mld_version', '2'],
  ]
  if (!(await onB('link', 'show')).includes(` ${BRIDGE}:`)) {
    await onB('link', 'add', BRIDGE, 'type', 'bridge', ...(isSnooping ? snooping : ['mcast_snooping', '0']))
    for (const family of [4, 6] as const)
      for (const source of far[family].sources)
        await onB(
          'address',
          'add',
          `${source}/${far[family].prefix}`,
          'dev',
          BRIDGE,
          ...(family === 6 ? ['nodad'] : []),
        )
    await onB('link', 'set', BRIDGE, 'up')
    // The querier counts from the response interval of this moment on.
    if (isSnooping) await onB('link', 'set', BRIDGE, 'type', 'bridge', 'mcast_querier', '1')
  }
  let sender: Peer | undefined
  return {
    pid: hosts.pid('B'),
    ip: onB,
    plug: async (name, { index, host = 1 } = {}) => {
      const far0 = `${name}x`
      const at = index === undefined ? [] : ['index', String(index)]
      await ip('link', 'add', name, ...at, 'type', 'veth', 'peer', 'name', far0, 'netns', String(hosts.pid('B')))
      onTestFinished(() => ip('link', 'delete', name).then(nothing, nothing))
      await onB('link', 'set', far0, 'master', BRIDGE, 'up')
      if (isSnooping) await onB('link', 'set', far0, 'type', 'bridge_slave', 'mcast_flood', 'off')
      await ip('address', 'add', `10.57.0.${host}/24`, 'dev', name)
      await ip('address', 'add', `fd57::${host}/64`, 'dev', name, 'nodad')
      await ip('link', 'set', name, 'up')
      return indexOf(name)
    },
    forget: async (name, group) => {
      const bridge = hosts.spawnProgram('B', ['bridge', 'mdb', 'del', 'dev', BRIDGE, 'port', `${name}x`, 'grp', group])
      await bridge.exited
    },
    stream: async (group, port) => {
      if (sender === undefined) {
        const sources = [...far[4].sources, ...far[6].sources]
        sender = hosts.spawn('B', 'numbered-stream.mjs', [JSON.stringify({ interfaces: BRIDGE, sources })])
        const own = sender
        onTestFinished(() => own.close())
      }
      await sender.request('start', { group, port })
    },
    hush: async (group, port) => {
      await sender?.request('stop', { group, port })
    },
  }
}

export const indexOf = (name: string): number => interfaces().find((one) => one.name === name)?.index ?? 0

/** What arrives at a receiver, and what becomes of its channels. */
export interface Kept {
  readonly events: ChannelEvent[]
  /** Each event as `type reason`. */
  told(): string[]
  /** Settles once an event of this type has come, now or before, that no earlier call settled with. */
  event(type: ChannelEvent['type']): Promise<ChannelEvent>
  /** The numbers that arrived, by `group source`. */
  readonly arrived: Map<string, number[]>
  /** The sources of a group that something arrives from, by what arrives until `count` further datagrams have come. */
  flowing(group: string, count?: number): Promise<Set<string>>
  /** Does something, again and again, until nothing has arrived for a fifth of a second after it. */
  silentAfter(what: () => Promise<unknown>): Promise<void>
  /** How many milliseconds it takes until a datagram of the group arrives. */
  untilFlowing(group: string): Promise<number>
}

/** Reads a receiver until the test ends. */
export function following(receiver: Receiver): Kept {
  const events: ChannelEvent[] = []
  const arrived = new Map<string, number[]>()
  const waiting = new Set<() => void>()
  const wake = (): void => {
    for (const check of waiting) check()
  }
  receiver.on('channel-change', (event) => {
    events.push(event)
    wake()
  })
  let last: { group: string; from: string }[] = []
  const reading = async (): Promise<void> => {
    for await (const batch of receiver)
      for (const { data, destination = '' } of batch) {
        const { seq, from } = JSON.parse(data.toString()) as { seq: number; from: string }
        const key = `${destination} ${from}`
        const numbers = arrived.get(key)
        if (numbers === undefined) arrived.set(key, [seq])
        else numbers.push(seq)
        last.push({ group: destination, from })
        wake()
      }
  }
  void reading()
  const until = <T>(look: () => T | undefined): Promise<T> =>
    new Promise((resolve) => {
      const check = (): void => {
        const found = look()
        if (found === undefined) return
        waiting.delete(check)
        resolve(found)
      }
      waiting.add(check)
      check()
    })
  const taken = new Set<ChannelEvent>()
  return {
    events,
    arrived,
    told: () => events.map(({ type, reason = '' }) => `${type} ${reason}`.trim()),
    event: (type) =>
      until(() => {
        const found = events.find((event) => event.type === type && !taken.has(event))
        if (found !== undefined) taken.add(found)
        return found
      }),
    flowing: (group, count = 8) => {
      last = []
      return until(() => {
        const ofGroup = last.filter((one) => one.group === group)
        return ofGroup.length < count ? undefined : new Set(ofGroup.map(({ from }) => from))
      })
    },
    silentAfter: async (what) => {
      do {
        await what()
        last = []
        await pause(200)
      } while (last.length > 0)
    },
    untilFlowing: async (group) => {
      const since = performance.now()
      last = []
      await until(() => (last.some((one) => one.group === group) ? true : undefined))
      return performance.now() - since
    },
  }
}

/** The numbers that arrived more than once. */
export const twice = ({ arrived }: Kept): number[] =>
  [...arrived.values()].flatMap((numbers) => numbers.filter((seq, i) => numbers.indexOf(seq) !== i))

/** What a test does to the cable `k0`, and what its channels are told. */
export interface Cause {
  readonly name: string
  /** Undefined if nothing is lost. */
  readonly reason: ChannelEvent['reason']
  readonly begin: (far: FarEnd) => Promise<unknown>
  readonly over: (far: FarEnd) => Promise<unknown>
  /** The name of the cable afterwards. */
  readonly becomes?: string
  /** Which families lose anything. Default: both. */
  readonly of?: Family['family']
}

const IPV6_OFF = '/proc/sys/net/ipv6/conf/k0/disable_ipv6'

export const causes: readonly Cause[] = [
  {
    name: 'is set down and up',
    reason: 'interface-down',
    begin: () => ip('link', 'set', 'k0', 'down'),
    over: () => ip('link', 'set', 'k0', 'up'),
  },
  {
    name: 'loses its carrier',
    reason: 'interface-down',
    begin: (end) => end.ip('link', 'set', 'k0x', 'down'),
    over: (end) => end.ip('link', 'set', 'k0x', 'up'),
  },
  {
    name: 'is deleted and made again',
    reason: 'interface-removed',
    begin: () => ip('link', 'delete', 'k0'),
    over: (end) => end.plug('k0'),
  },
  {
    name: 'is deleted and made again with the same index',
    reason: 'interface-removed',
    begin: () => {
      index = indexOf('k0')
      return ip('link', 'delete', 'k0')
    },
    over: (end) => end.plug('k0', { index }),
  },
  {
    name: 'has its address swapped',
    reason: undefined,
    begin: async () => {
      await ip('address', 'flush', 'dev', 'k0', 'scope', 'global')
    },
    over: async () => {
      await ip('address', 'add', '10.57.0.3/24', 'dev', 'k0')
      await ip('address', 'add', 'fd57::3/64', 'dev', 'k0', 'nodad')
    },
  },
  {
    name: 'is renamed',
    reason: undefined,
    begin: () => {
      onTestFinished(() => ip('link', 'delete', 'k9').then(nothing, nothing))
      return ip('link', 'set', 'k0', 'name', 'k9')
    },
    over: async () => {},
    becomes: 'k9',
  },
  {
    name: 'has too small an MTU for IPv6 for a while',
    reason: 'ipv6-off',
    begin: () => ip('link', 'set', 'k0', 'mtu', '1200'),
    over: () => ip('link', 'set', 'k0', 'mtu', '1500'),
    of: 6,
  },
  {
    name: 'has IPv6 switched off for a while',
    reason: 'ipv6-off',
    begin: () => writeFile(IPV6_OFF, '1'),
    over: () => writeFile(IPV6_OFF, '0'),
    of: 6,
  },
  {
    name: 'belongs to a bridge for a while',
    reason: 'enslaved',
    begin: async () => {
      await ip('link', 'add', 'kbridge', 'type', 'bridge')
      onTestFinished(() => ip('link', 'delete', 'kbridge').then(nothing, nothing))
      await ip('link', 'set', 'k0', 'master', 'kbridge')
    },
    over: () => ip('link', 'set', 'k0', 'nomaster'),
  },
  {
    name: 'moves to another namespace and back',
    reason: 'interface-removed',
    begin: (end) => ip('link', 'set', 'k0', 'netns', String(end.pid)),
    over: async (end) => {
      await end.ip('link', 'set', 'k0', 'netns', String(process.pid))
      await ip('address', 'add', '10.57.0.1/24', 'dev', 'k0')
      await ip('address', 'add', 'fd57::1/64', 'dev', 'k0', 'nodad')
      await ip('link', 'set', 'k0', 'up')
    },
  },
]

let index = 0
