// What receiving a datagram costs, beside node:dgram and C.
import { openDgram, openOurs } from './support/contestants.mjs'
import { startFiller } from './support/filler.mjs'
import { build, compile, go } from './support/floor.mjs'
import { takeTurns } from './support/rounds.mjs'
import { atMost, faster } from './support/table.mjs'

export const title = 'Draining a full socket, a datagram: source, destination, time of arrival, data of its own'
export const needsNamespace = true

const EACH = 2_000
const FILLS = 20
const ROUNDS = 5

export async function* rows() {
  const drain = compile('drain')
  const drainByGo = go('drain')
  const filler = build('fill')

  for (const [bytes, kind] of [
    [100, 'plain'],
    [1316, 'plain'],
    [100, 'segmented'],
    [1316, 'segmented'],
  ]) {
    const ours = await openOurs({ gro: kind === 'segmented' })
    const lent = await openOurs({ gro: kind === 'segmented', reuseBuffers: true })
    const dgram = await openDgram()

    const fillers = []
    const time = ({ port, take }) => {
      const { fill, stop } = startFiller(filler, port, bytes, EACH, kind)
      fillers.push(stop)
      return async () => {
        let spent = 0
        for (let i = 0; i < FILLS; i++) {
          fill()
          const start = process.hrtime.bigint()
          await take(EACH)
          spent += Number(process.hrtime.bigint() - start)
        }
        return spent / (EACH * FILLS)
      }
    }
    const contestants = {
      c: () => drain(bytes, EACH, FILLS, kind, filler),
      dgram: time(dgram),
      ours: time(ours),
      lent: time(lent),
      ...(drainByGo && kind === 'plain' && { go: () => drainByGo(bytes, EACH, FILLS, filler) }),
    }
    // The first turn warms up the code.
    await takeTurns(contestants, 1)
    const medians = await takeTurns(contestants, ROUNDS)
    for (const stop of fillers) stop()
    await Promise.all([ours.close(), lent.close(), dgram.close()])

    const row = (label, name, floor, goal) => ({
      label,
      ours: medians.ours,
      unit: 'ns',
      floor: { name, value: floor },
      goal,
    })
    if (kind === 'plain') {
      yield row(`${bytes} bytes`, 'dgram', medians.dgram, faster(3))
      yield row(`${bytes} bytes`, 'C recvmmsg', medians.c, atMost(1.7))
      yield { ...row(`${bytes} bytes, reuseBuffers`, 'C recvmmsg', medians.c, atMost(1.3)), ours: medians.lent }
      if (medians.go !== undefined)
        yield { ...row(`${bytes} bytes, reuseBuffers`, "Go's ReadBatch", medians.go, atMost(1)), ours: medians.lent }
    } else {
      yield row(`${bytes} bytes, UDP_SEGMENT and UDP_GRO`, 'dgram', medians.dgram, faster(8))
      yield row(`${bytes} bytes, UDP_SEGMENT and UDP_GRO`, 'C recvmmsg', medians.c)
    }
  }
}
