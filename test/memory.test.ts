import { describe, expect, it } from 'vitest'
import { spawnProgram } from './support/processes.ts'

/**
 * The growth allowed. A leak grows with each call, while V8 keeps memory for itself only once. 400 bytes a call would
 * be more.
 */
const SLACK = 2 ** 19

const PREPARE = `
  import dgram from 'node:dgram'
  import { once } from 'node:events'
  import { readdirSync } from 'node:fs'
  import { control, interfaces, socketPair } from 'sockctl'
  import { IP_MULTICAST_TTL, MCAST_JOIN_GROUP, MCAST_LEAVE_GROUP, SO_LINGER, TCP_NODELAY } from 'sockctl/options'

  const socket = dgram.createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const c = control(socket)
  const on = { group: '239.1.1.1', interface: 'lo' }
  const [sender, receiver] = (await socketPair()).map((one) => one.toMessageSocket())
  const bytes = Buffer.from('x')
  async function measure(round, times) {
    const states = []
    for (let window = 0; window < 6; window++) {
      for (let n = 0; n < times; n++) await round(n)
      gc()
      gc()
      states.push({ memory: process.memoryUsage.rss(), descriptors: readdirSync('/proc/self/fd').length })
    }
    socket.close()
    await Promise.all([sender.close(), receiver.close()])
    const growth = (what) => states.slice(1).map((state, n) => state[what] - states[n][what])
    console.log(JSON.stringify({ memory: growth('memory'), descriptors: growth('descriptors') }))
  }`

const rounds: Record<string, [code: string, times: number]> = {
  'setSync and getSync': ['() => { c.setSync(IP_MULTICAST_TTL, 9); return c.getSync(IP_MULTICAST_TTL) }', 40_000],
  'set and get': [
    'async (n) => { await c.set(SO_LINGER, { onoff: true, linger: n & 255 }); await c.get(SO_LINGER) }',
    10_000,
  ],
  'calls the kernel refuses': ['() => c.set(TCP_NODELAY, true).catch(() => {})', 4_000],
  'calls that are refused before': ['() => c.set(IP_MULTICAST_TTL, 256).catch(() => {})', 10_000],
  'joining and leaving by option': [
    'async () => { await c.set(MCAST_JOIN_GROUP, on); await c.set(MCAST_LEAVE_GROUP, on) }',
    1_500,
  ],
  'joining and leaving a membership': ['async () => { await (await c.join(on)).leave() }', 1_500],
  'joining by address, together': [
    "async () => { for (const one of await c.joinAll(Array.from({ length: 16 }, (_, n) => ({ group: '239.1.2.' + n, interface: '127.0.0.1' })))) await one.leave() }",
    100,
  ],
  'Unix messages with descriptors': [
    `async () => {
      await sender.send(Array.from({ length: 8 }, () => ({ data: bytes, descriptors: [2, sender.control] })))
      for (let left = 8; left > 0; )
        for (const { descriptors } of await receiver.receive()) {
          left--
          for (const one of descriptors) await one.close()
        }
    }`,
    Math.ceil(Number(process.env.SOCKCTL_MESSAGES ?? 24_000) / 48),
  ],
  'snapshots and interfaces': ['async () => { await c.snapshot(); interfaces() }', 200],
}

describe('memory and descriptors stay what they were over many', () => {
  it.each(Object.entries(rounds))(
    '%s',
    async (_, [code, times]) => {
      const script = `${PREPARE}\nawait measure(${code}, ${times})`
      const flags = ['--expose-gc', '--max-semi-space-size=1', '--input-type=module']
      await using child = spawnProgram([process.execPath, ...flags, '--eval', script])
      const { memory, descriptors } = await child.next<{ memory: number[]; descriptors: number[] }>()
      expect(descriptors).toEqual([0, 0, 0, 0, 0])
      expect(Math.min(...memory)).toBeLessThan(SLACK)
    },
    120_000,
  )
})
