// A paced feed of datagrams: how many are dropped, and how much processor time they take.
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { openDgram, openOurs } from './support/contestants.mjs'
import { compileBeside } from './support/floor.mjs'
import { median } from './support/rounds.mjs'
import { below, faster } from './support/table.mjs'

const RATE = 200_000
const BYTES = 1316
const SECONDS = process.env.SOCKCTL_BENCH_FULL ? 10 : 2
const ROUNDS = 5

export const title = `200,000 datagrams a second of 1,316 bytes for ${SECONDS} s, the receive buffer raised`
export const needsNamespace = true

/** Sends the feed to a receiver: how many datagrams were dropped, and the milliseconds of processor time a second. */
async function follow(pace, { port, received, dropped }) {
  const receivedBefore = received()
  const droppedBefore = dropped()
  const before = process.cpuUsage()
  await once(pace(port, BYTES, RATE, SECONDS), 'exit')
  const lost = () => dropped() - droppedBefore
  while (received() - receivedBefore + lost() < RATE * SECONDS) await pause(1)
  const { user, system } = process.cpuUsage(before)
  return { lost: lost(), time: (user + system) / 1e3 / SECONDS }
}

/** The same in C, which counts the processor time only. */
async function followInC(pace, follower) {
  const child = follower(RATE * SECONDS)
  const [port] = await once(child.stdout, 'data')
  const time = once(child.stdout, 'data')
  await once(pace(Number(port), BYTES, RATE, SECONDS), 'exit')
  return { lost: 0, time: Number.parseFloat((await time)[0]) / SECONDS }
}

export async function* rows() {
  const pace = compileBeside('pace')
  const follower = compileBeside('follow')
  const dgram = await openDgram()
  const ours = await openOurs()
  const resting = await openOurs({ readInterval: 1, batch: 256 })
  const contestants = {
    c: () => followInC(pace, follower),
    dgram: () => follow(pace, dgram),
    ours: () => follow(pace, ours),
    resting: () => follow(pace, resting),
  }
  const seen = { c: [], dgram: [], ours: [], resting: [] }
  for (let round = -1; round < ROUNDS; round++)
    for (const [name, run] of Object.entries(contestants)) {
      const result = await run()
      // The first round warms up the code.
      if (round >= 0) seen[name].push(result)
    }
  const perRead = ({ received, reads }) => received() / reads()
  const [ourRead, restingRead] = [perRead(ours), perRead(resting)]
  await Promise.all([dgram.close(), ours.close(), resting.close()])

  const total = (name) => seen[name].reduce((sum, { lost }) => sum + lost, 0)
  const time = (name) => median(seen[name].map((result) => result.time))
  const row = (name, label) => ({
    label,
    ours: time(name),
    unit: 'ms',
    floor: { name: 'dgram', value: time('dgram') },
    goal: faster(2),
  })
  for (const name of ['ours', 'resting'])
    yield {
      label: `dropped, in ${ROUNDS} rounds${name === 'resting' ? ', readInterval: 1' : ''}`,
      ours: total(name),
      unit: '',
      floor: { name: 'dgram', value: total('dgram') },
      goal: below(1),
    }
  yield row('ours', 'processor time a second')
  yield { ...row('resting', 'processor time a second, readInterval: 1'), goal: faster(2.7) }
  yield {
    label: 'processor time a second',
    ours: time('ours'),
    unit: 'ms',
    floor: { name: 'C epoll, recvmmsg', value: time('c') },
  }
  yield { label: 'datagrams a read', ours: ourRead, unit: '' }
  yield { label: 'datagrams a read, readInterval: 1', ours: restingRead, unit: '' }
}
