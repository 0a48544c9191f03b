// What many channels on one receiver cost, beside the same system calls in C.
import { descriptorsMissing, memoryOf, openWith, timesOf } from './support/channels.mjs'
import { takeTurns } from './support/rounds.mjs'
import { atMost } from './support/table.mjs'
import { watchTicks } from './support/ticks.mjs'

export const title = '20,000 channels on one receiver, opened with them'
export const needsNamespace = true

const CHANNELS = 20_000
const ROUNDS = 11
/** How many groups a socket takes: 20 is the default of Linux. */
const CASES = [
  { each: 2_000, goal: atMost(2.5) },
  { each: 20, goal: atMost(3) },
]

const number = (value) => value.toLocaleString('en-US')

async function longestTick(sockets, each) {
  const watch = watchTicks()
  const receiver = await openWith('groups', sockets, each)
  watch.stop()
  const longest = watch.longest() / 1e6
  await receiver.close()
  return longest
}

export async function* rows() {
  for (const { each, goal } of CASES) {
    const sockets = CHANNELS / each
    const label = `${number(sockets)} sockets, ${number(each)} groups each`
    const missing = descriptorsMissing(sockets)
    if (missing !== undefined) {
      yield { label, skipped: missing }
      continue
    }
    const { ours, c } = timesOf('groups', sockets, each)
    const first = await ours()
    // The first turns warm up the code.
    await takeTurns({ ours, c }, 2)
    const medians = await takeTurns({ ours, c, tick: () => longestTick(sockets, each) }, ROUNDS)
    const memory = await memoryOf('groups', sockets, each)
    const floor = (value) => ({ name: 'C MCAST_JOIN_GROUP', value })
    yield { label, ours: medians.ours, unit: 'ms', floor: floor(medians.c), goal }
    yield {
      label: `${number(sockets)} sockets: the first of a process`,
      ours: first,
      unit: 'ms',
      floor: floor(medians.c),
    }
    yield { label: `${number(sockets)} sockets: longest tick`, ours: medians.tick, unit: 'ms' }
    yield {
      label: `${number(sockets)} sockets: resident memory`,
      ours: memory.ours,
      unit: 'MiB',
      floor: floor(memory.c),
    }
  }
}
