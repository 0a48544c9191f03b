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

const PLOT_ROUNDS = 9

/** One receiver with so many of a kind of channels, beside C: the milliseconds and the MiB of each. */
async function measure(kind, sockets, each) {
  const contestants = timesOf(kind, sockets, each)
  // The first turn warms up the code.
  await contestants.ours()
  return { milliseconds: await takeTurns(contestants, PLOT_ROUNDS), MiB: await memoryOf(kind, sockets, each) }
}

/** A plot of the time and one of the memory. Each line is a list of cases { x, sockets, each }. */
async function* plotsOf({ kind, name, title, lines, ...axes }) {
  const measured = []
  for (const { label, cases } of lines)
    for (const { x, sockets, each } of cases) measured.push({ label, x, ...(await measure(kind, sockets, each)) })
  const seriesOf = (unit) =>
    lines.flatMap(({ label }, colour) =>
      Object.entries({ ours: 'sockctl', c: 'C' }).map(([contestant, called]) => ({
        name: `${called}${label}`,
        colour,
        dashed: contestant === 'c',
        points: measured.filter((one) => one.label === label).map((one) => [one.x, one[unit][contestant]]),
      })),
    )
  yield { name: `${name}-time`, title: `${title}: time`, y: 'milliseconds', series: seriesOf('milliseconds'), ...axes }
  yield { name: `${name}-memory`, title: `${title}: resident memory`, y: 'MiB', series: seriesOf('MiB'), ...axes }
}

const casesOf = (counts, each) => counts.map((count) => ({ x: count, sockets: count / each, each }))

export async function* plots() {
  if (descriptorsMissing(1_000) !== undefined) return
  const groups = [2_000, 4_000, 8_000, 12_000, 16_000, 20_000]
  yield* plotsOf({
    kind: 'groups',
    name: 'by-channels',
    title: 'A receiver opened with many groups',
    x: 'groups',
    lines: [
      { label: ', 20 a socket', cases: casesOf(groups, 20) },
      { label: ', 2,000 a socket', cases: casesOf(groups, 2_000) },
    ],
  })
  const sources = [500, 1_000, 2_000, 3_000, 4_000, 5_000]
  yield* plotsOf({
    kind: 'sources',
    name: 'by-sources',
    title: 'A receiver opened with many sources of one group',
    x: 'sources',
    lines: [
      { label: ', 10 a socket', cases: casesOf(sources, 10) },
      { label: ', 500 a socket', cases: casesOf(sources, 500) },
    ],
  })
  const sockets = [10, 20, 50, 100, 200, 500, 1_000]
  yield* plotsOf({
    kind: 'groups',
    name: 'by-sockets',
    title: '20,000 groups over many sockets',
    x: 'sockets',
    logarithmic: true,
    lines: [{ label: '', cases: sockets.map((count) => ({ x: count, sockets: count, each: CHANNELS / count })) }],
  })
}
