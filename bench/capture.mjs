// Frames of an interface by a packet socket, beside C: how many are dropped, and how much processor time they take.
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { openSocket } from 'sockctl'
import { PACKET_IGNORE_OUTGOING, SO_RCVBUFFORCE, SO_TIMESTAMPNS } from 'sockctl/options'
import { compileBeside } from './support/floor.mjs'
import { median } from './support/rounds.mjs'
import { atMost } from './support/table.mjs'

const RATE = 200_000
const BYTES = 1316
const SECONDS = process.env.SOCKCTL_BENCH_FULL ? 10 : 2
const ROUNDS = 3

export const title = `Capturing 200,000 frames a second of 1,316 bytes for ${SECONDS} s: frame, source, type, time`
export const needsNamespace = true

async function openCapture(options) {
  const socket = await openSocket({
    family: 'packet',
    type: 'raw',
    protocol: 'ETH_P_IP',
    options: [
      [PACKET_IGNORE_OUTGOING, true],
      [SO_RCVBUFFORCE, 64 << 20],
      [SO_TIMESTAMPNS, true],
    ],
    bind: { interface: 'lo' },
  })
  const capture = socket.toMessageSocket({ maxDatagram: 2048, ...options })
  const read = async () => {
    for await (const _ of capture);
  }
  read()
  return capture
}

async function follow(pace, port, options) {
  const capture = await openCapture(options)
  const before = process.cpuUsage()
  await once(pace(port, BYTES, RATE, SECONDS), 'exit')
  const counts = () => capture.stats().received
  while (counts().datagrams + counts().dropped < RATE * SECONDS) await pause(1)
  const { user, system } = process.cpuUsage(before)
  const { dropped } = counts()
  await capture.close()
  return { lost: dropped, time: (user + system) / 1e3 / SECONDS }
}

async function followInC(pace, follower) {
  const child = follower(RATE * SECONDS, 'frames')
  const [port] = await once(child.stdout, 'data')
  const told = once(child.stdout, 'data')
  await once(pace(Number(port), BYTES, RATE, SECONDS), 'exit')
  const [time, lost] = String((await told)[0])
    .split(' ')
    .map(Number)
  return { lost, time: time / SECONDS }
}

export async function* rows() {
  const pace = compileBeside('pace')
  const follower = compileBeside('follow')
  // Has the port, so that the kernel need not answer that the port is closed. Nobody reads the socket, which would count as ours.
  const sink = await openSocket({ family: 'ipv4', type: 'dgram', bind: { address: '127.0.0.1' } })
  const { port } = sink.address()
  const contestants = {
    c: () => followInC(pace, follower),
    ours: () => follow(pace, port, {}),
    lent: () => follow(pace, port, { reuseBuffers: true }),
    resting: () => follow(pace, port, { readInterval: 1, batch: 256 }),
  }
  const seen = { c: [], ours: [], lent: [], resting: [] }
  for (let round = -1; round < ROUNDS; round++)
    for (const [name, run] of Object.entries(contestants)) {
      const result = await run()
      // The first round warms up the code.
      if (round >= 0) seen[name].push(result)
    }
  await sink.close()
  const floor = (name, value) => ({ name, value })
  const total = (name) => seen[name].reduce((sum, { lost }) => sum + lost, 0)
  const time = (name) => median(seen[name].map((result) => result.time))
  yield { label: `dropped by C, in ${ROUNDS} rounds`, ours: total('c'), unit: '' }
  for (const [name, how] of [
    ['ours', ''],
    ['lent', ', reuseBuffers'],
    ['resting', ', readInterval: 1'],
  ]) {
    yield { label: `dropped, in ${ROUNDS} rounds${how}`, ours: total(name), unit: '' }
    yield {
      label: `processor time a second${how}`,
      ours: time(name),
      unit: 'ms',
      floor: floor('C epoll, recvmmsg', time('c')),
      goal: atMost(1.6),
    }
  }
}
