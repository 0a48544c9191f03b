// Many channels on one receiver, and the same channels in C.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { openReceiver } from 'sockctl'
import { compile, node } from './floor.mjs'
import { takeTurns } from './rounds.mjs'

/** The channel of a number: the same that floor/channels.c joins. */
const CHANNEL = {
  groups: (number) => ({ group: address(239, number), interface: 'lo' }),
  sources: (number) => ({ group: '232.1.1.1', source: address(10, number + 1), interface: 'lo' }),
}

const address = (first, number) => `${first}.${number >> 16}.${(number >> 8) & 255}.${number & 255}`

const LIMIT = { groups: 'igmp_max_memberships', sources: 'igmp_max_msf' }

/** The reason if this process may not have descriptors enough: one a socket, and a duplicate while the socket joins. */
export function descriptorsMissing(sockets) {
  const [, limit] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))
  return Number(limit) < 2 * sockets + 100 ? `RLIMIT_NOFILE is ${limit}: raise it for ${sockets} sockets` : undefined
}

/** Opens a receiver with `each` groups, or sources of one group, on each of so many sockets. */
export async function openWith(kind, sockets, each, channels = channelsOf(kind, sockets * each)) {
  writeFileSync(`/proc/sys/net/ipv4/${LIMIT[kind]}`, `${each}`)
  const receiver = await openReceiver({ channels })
  const used = receiver.stats().sockets
  if (used !== sockets) throw new Error(`the receiver has ${used} sockets, and C ${sockets}`)
  return receiver
}

export const channelsOf = (kind, count) => Array.from({ length: count }, (_, number) => CHANNEL[kind](number))

/** The milliseconds of the receiver, and of C, as contestants that take turns. */
export function timesOf(kind, sockets, each) {
  const c = compile('channels')
  const channels = channelsOf(kind, sockets * each)
  return {
    ours: async () => {
      const start = process.hrtime.bigint()
      const receiver = await openWith(kind, sockets, each, channels)
      const took = process.hrtime.bigint() - start
      await receiver.close()
      return Number(took) / 1e6
    },
    // The receiver's turns have set the sysctl, or a turn before the first.
    c: async () => (await c(sockets, each, kind, 'time')) / 1e6,
  }
}

const MIB = 2 ** 20

const MEMORY_ROUNDS = 3

/** By how many MiB a fresh process grows, with the receiver and in C. */
export async function memoryOf(kind, sockets, each) {
  const script = node(fileURLToPath(new URL('channels-memory.mjs', import.meta.url)), '--expose-gc')
  const c = compile('channels')
  const contestants = {
    ours: async () => (await script(kind, sockets, each)) / MIB,
    c: async () => (await c(sockets, each, kind, 'memory')) / MIB,
  }
  return takeTurns(contestants, MEMORY_ROUNDS)
}
