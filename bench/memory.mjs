// How much memory and how many descriptors calls leave behind.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { control } from 'sockctl'
import { IP_TTL } from 'sockctl/options'
import { below } from './support/table.mjs'

export const title = 'Memory and descriptors that calls leave behind'
export const needsNamespace = true

const MIB = 2 ** 20
const descriptors = () => readdirSync('/proc/self/fd').length

function settled() {
  for (let i = 0; i < 3; i++) globalThis.gc()
  return { resident: process.memoryUsage.rss(), heap: process.memoryUsage().heapUsed, descriptors: descriptors() }
}

/** The growth over `count` calls, after three times as many have let V8's young generation reach its full size. */
async function growth(calls, count) {
  await calls(3 * count)
  const before = settled()
  await calls(count)
  const after = settled()
  return {
    resident: (after.resident - before.resident) / MIB,
    heap: (after.heap - before.heap) / MIB,
    descriptors: after.descriptors - before.descriptors,
  }
}

export async function* rows() {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const one = control(socket)

  const atOnce = async (calls) => {
    for (let i = 0; i < calls; i += 4) {
      one.setSync(IP_TTL, 1 + (i & 127))
      one.getSync(IP_TTL)
      await one.set(IP_TTL, 1 + (i & 127))
      await one.get(IP_TTL)
    }
  }
  const memberships = async (calls) => {
    for (let i = 0; i < calls; i += 20) {
      const groups = Array.from({ length: 10 }, (_, k) => ({ group: `239.255.2.${k + 1}`, interface: 'lo' }))
      const joined = await one.joinAll(groups)
      await Promise.all(joined.map((membership) => membership.leave()))
    }
  }
  for (const [label, calls, count] of [
    ['1,000,000 gets and sets', atOnce, 1_000_000],
    ['100,000 joins and leaves', memberships, 100_000],
  ]) {
    const grown = await growth(calls, count)
    yield { label: `${label}: resident memory`, ours: grown.resident, unit: 'MiB', goal: below(4) }
    yield { label: `${label}: heap`, ours: grown.heap, unit: 'MiB', goal: below(1) }
    yield { label: `${label}: descriptors`, ours: grown.descriptors, unit: '', goal: below(1) }
  }
  socket.close()
}
