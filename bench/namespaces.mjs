// How long a join blocks the event loop while the kernel makes and removes network namespaces.
import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { control } from 'sockctl'
import { percentile } from './support/rounds.mjs'
import { below } from './support/table.mjs'

export const title = 'How long a join and its leave block the event loop while network namespaces come and go'
export const needsNamespace = true

const PAIRS = 1_000
const ROUNDS = 10
const GROUP = '239.255.1.1'

/**
 * For each of so many calls of `pair`, the milliseconds the event loop was busy: an upper bound of its longest tick.
 */
async function stalls(pair, count) {
  const busy = []
  for (let i = 0; i < count; i++) {
    await pause(1)
    const before = performance.eventLoopUtilization()
    await pair()
    busy.push(performance.eventLoopUtilization(before).active)
  }
  return busy
}

export async function* rows() {
  // Confined to one processor, so that the rows measure the kernel's lock and not the wait for a processor.
  const script = fileURLToPath(new URL('support/churn.sh', import.meta.url))
  const churn = spawn('taskset', ['-c', String(availableParallelism() - 1), 'sh', script, String(process.pid)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')

  const ways = {
    ours: async () => {
      const membership = await control(socket).join({ group: GROUP, interface: 'lo' })
      await membership.leave()
    },
    dgram: () => {
      socket.addMembership(GROUP, '127.0.0.1')
      socket.dropMembership(GROUP, '127.0.0.1')
    },
    nothing: () => {},
  }
  const seen = { ours: [], dgram: [], nothing: [] }
  for (let round = 0; round < ROUNDS; round++)
    for (const [name, pair] of Object.entries(ways)) seen[name].push(...(await stalls(pair, PAIRS / ROUNDS)))

  if (churn.exitCode !== null) throw new Error('the process that makes namespaces gave up')
  churn.kill()
  socket.close()

  const marks = { p50: 0.5, p99: 0.99, longest: 1 }
  for (const [mark, share] of Object.entries(marks)) {
    const value = (name) => percentile(seen[name], share)
    const goal = mark === 'p99' ? below(5) : undefined
    yield {
      label: `join and leave, ${mark}`,
      ours: value('ours'),
      unit: 'ms',
      floor: { name: 'dgram', value: value('dgram') },
      goal,
    }
  }
  for (const [mark, share] of Object.entries(marks))
    yield { label: `no call at all, ${mark}`, ours: percentile(seen.nothing, share), unit: 'ms' }
}
