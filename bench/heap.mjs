import { openOurs } from './support/contestants.mjs'
import { startFiller } from './support/filler.mjs'
import { build } from './support/floor.mjs'
import { below } from './support/table.mjs'

export const title = 'What 10,000,000 datagrams leave behind'
export const needsNamespace = true

const BYTES = 1316
const EACH = 10_000
const COUNT = 10_000_000
/** Two batches of a receiver with UDP_GRO: 8 reads of 64 KiB each. */
const TWO_BATCHES = 1

function settled() {
  for (let i = 0; i < 3; i++) globalThis.gc()
  const { heapUsed, external, rss } = process.memoryUsage()
  return { heap: (heapUsed + external) / 2 ** 20, resident: rss / 2 ** 20 }
}

export async function* rows() {
  const { port, take, close } = await openOurs({ gro: true })
  const { fill, stop } = startFiller(build('fill'), port, BYTES, EACH, 'segmented')
  const receive = async (count) => {
    for (let left = count; left > 0; left -= EACH) {
      fill()
      await take(EACH)
    }
  }
  // What is filled once first.
  await receive(COUNT / 10)
  const before = settled()
  await receive(COUNT)
  const after = settled()
  stop()
  await close()

  const row = (what, ours, goal) => ({ what, ours, unit: 'MiB', goal })
  yield row('heap and buffers', after.heap - before.heap, below(TWO_BATCHES))
  yield row('resident memory', after.resident - before.resident)
}
