// How much memory ten million received datagrams leave behind.
import { openOurs } from './support/contestants.mjs'
import { startFiller } from './support/filler.mjs'
import { build } from './support/floor.mjs'
import { below } from './support/table.mjs'

export const title = 'Memory that 10,000,000 datagrams leave behind'
export const needsNamespace = true

const BYTES = 1316
const EACH = 10_000
const COUNT = 10_000_000
/** In MiB: a receiver with UDP_GRO reads 8 times 64 KiB a batch. */
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
  // Warms up the code and fills caches that are filled once.
  await receive(COUNT / 10)
  const before = settled()
  await receive(COUNT)
  const after = settled()
  stop()
  await close()

  const row = (label, ours, goal) => ({ label, ours, unit: 'MiB', goal })
  yield row('heap and buffers', after.heap - before.heap, below(TWO_BATCHES))
  yield row('resident memory', after.resident - before.resident)
}
