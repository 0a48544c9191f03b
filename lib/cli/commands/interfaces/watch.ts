// `sockctl interfaces --watch`: what the interfaces count from one reading to the next, and what changes of them.

import { setTimeout } from 'node:timers/promises'
import { type Interface, type InterfaceChange, watchInterfaces } from '../../../index.ts'
import { findInterface, interfaceLabel } from '../../shell/interface-option.ts'
import { createLiveLines } from '../../shell/live.ts'
import type { Output } from '../../shell/output.ts'
import type { Run } from '../../shell/run.ts'
import { type Column, formatTable } from '../../shell/table.ts'
import { startTimer } from '../../shell/timer.ts'
import { bitrate, plural, scaled, seconds } from '../../shell/units.ts'
import { type Counted, countersByIndex, growthOf, isCounting } from './counters.ts'
import type { InterfacesOptions } from './interfaces-options.ts'

const DEFAULT_INTERVAL = 1000

/** What one interface counted in some time. */
interface Reading {
  readonly index: number
  readonly name: string
  /** In seconds: what `grown` was counted in. */
  readonly span: number
  readonly grown: Counted
  /** The counters themselves. */
  readonly counters: Counted
}

interface CounterReport {
  changed(change: InterfaceChange): void
  read(readings: readonly Reading[]): void
  /** @param whole what was counted since the watch began */
  end(whole: readonly Reading[], changes: number, elapsed: number): void
}

/** Tells what the interfaces count, and their changes, until `stop` or the duration's end. */
export async function watchCounters({ out, stop }: Run, options: InterfacesOptions): Promise<void> {
  const { interval = DEFAULT_INTERVAL } = options
  const only = options.interface === undefined ? undefined : findInterface(options.interface)
  // An interface that is made anew under its name is meant, too.
  const isWanted = ({ index, name }: { index: number; name: string }): boolean =>
    only === undefined || index === only.index || name === only.name
  const report = out.json ? jsonReport(out) : out.terminal ? tableReport(out) : lineReport(out)
  const over = new AbortController()
  const end = AbortSignal.any([stop, over.signal])
  const timer = startTimer(options.duration, () => over.abort())
  let changes = 0

  const all = watchInterfaces({ signal: end })[Symbol.asyncIterator]()
  const followChanges = async (): Promise<void> => {
    for await (const change of { [Symbol.asyncIterator]: () => all }) {
      if (change.type === 'present' || !isWanted(change.interface)) continue
      changes++
      report.changed(change)
    }
  }

  // The first change tells that the watch has begun.
  await all.next()
  const first = await countersByIndex()
  const start = performance.now()
  if (out.json)
    out.object({ event: 'watching', interfaces: [...first.values()].filter(isWanted).map(({ name }) => name) })
  out.hint('Watching. Ctrl-C ends.')
  const followed = followChanges()
  followed.catch(() => over.abort())

  /** What was counted since an earlier reading. An interface that is new since counts from 0. */
  const readSince = async (before: typeof first, at: number): Promise<[typeof first, Reading[]]> => {
    const now = await countersByIndex()
    const span = (performance.now() - at) / 1000
    const readings = [...now.values()].filter(isWanted).map(({ index, name, received, sent }): Reading => {
      const counters = { received, sent }
      const earlier = before.get(index)
      return { index, name, span, counters, grown: earlier === undefined ? counters : growthOf(earlier, counters) }
    })
    return [now, readings]
  }

  try {
    let before = first
    let at = start
    for (let turn = 1; !end.aborted; turn++) {
      const wait = start + turn * interval - performance.now()
      await setTimeout(Math.max(0, wait), undefined, { signal: end }).catch(() => {})
      if (end.aborted) break
      const began = performance.now()
      const [now, readings] = await readSince(before, at)
      report.read(readings)
      before = now
      at = began
      await out.drained()
    }
    await followed
    const [, whole] = await readSince(first, start)
    report.end(whole, changes, performance.now() - start)
  } finally {
    clearTimeout(timer)
    over.abort()
  }
}

const timeNow = (): string => new Date().toISOString()

/** `eth0 is down`, `eth0 has the address 10.0.0.1/24`. */
function changeText(change: InterfaceChange): string {
  const { name, mtu, flags } = change.interface
  switch (change.type) {
    case 'present':
      return `${name} is there`
    case 'appeared':
      return `${name} appeared`
    case 'removed':
      return `${name} was removed`
    case 'up':
      return `${name} is up`
    case 'down':
      return `${name} is ${flags.up ? 'without a carrier' : 'down'}`
    case 'mtu':
      return `${name} has the MTU ${mtu}`
    case 'flags':
      return `${name} has other flags: ${flagNames(flags)}`
    case 'renamed':
      return `${change.previousName} is called ${name} now`
    case 'address-added':
      return `${name} has the address ${change.address.address}/${change.address.prefixLength}`
    case 'address-removed':
      return `${name} lost the address ${change.address.address}/${change.address.prefixLength}`
    case 'moved':
      return change.master === undefined
        ? `${name} has no master any more`
        : `${name} belongs to ${interfaceLabel(change.master)} now`
  }
}

const flagNames = (flags: Interface['flags']): string =>
  Object.entries(flags)
    .flatMap(([name, set]) => (set ? name : []))
    .join(', ') || 'none'

const changeLine = (change: InterfaceChange, out: Output): string =>
  `${out.paint.dim(timeNow().slice(11, 23))}  ${out.paint.strong(changeText(change))}`

const packetRate = (packets: number, span: number): string => `${scaled(packets / span)}/s`
const bitsRate = (bytes: number, span: number): string => bitrate((bytes * 8) / span)

/** What is wrong, in words: ` 3 dropped, 1 error`. */
function troubleText({ received, sent }: Counted): string {
  const { errors, dropped, missed } = received
  const words = [
    [errors, plural(errors, 'error')],
    [dropped, `${dropped} dropped`],
    [missed, `${missed} missed`],
    [sent.errors, `${plural(sent.errors, 'error')} in sending`],
    [sent.dropped, `${sent.dropped} dropped in sending`],
  ] as const
  return words.flatMap(([count, text]) => (count > 0 ? text : [])).join(', ')
}

function jsonReport(out: Output): CounterReport {
  const objectOf = ({ index, name, span, grown, counters }: Reading): object => ({
    ...{ index, name, seconds: span, grown, counters },
  })
  return {
    changed: ({ type, ...rest }) => out.object({ event: type, time: timeNow(), ...rest }),
    read: (readings) => {
      const time = timeNow()
      for (const one of readings) if (isCounting(one.grown)) out.object({ event: 'counted', time, ...objectOf(one) })
    },
    end: (whole, changes, elapsed) =>
      out.object({ event: 'end', elapsed: elapsed / 1000, changes, interfaces: whole.map(objectOf) }),
  }
}

function lineReport(out: Output): CounterReport {
  return {
    changed: (change) => out.line(changeLine(change, out)),
    read: (readings) => {
      const time = timeNow().slice(11, 23)
      for (const { name, span, grown } of readings) {
        if (!isCounting(grown)) continue
        const { received, sent } = grown
        const multicast = received.multicast > 0 ? `, ${packetRate(received.multicast, span)} multicast` : ''
        const trouble = troubleText(grown)
        out.line(
          `${time}  ${name}  received ${packetRate(received.packets, span)}, ${bitsRate(received.bytes, span)}${multicast}; sent ${packetRate(sent.packets, span)}, ${bitsRate(sent.bytes, span)}${trouble === '' ? '' : `; ${trouble}`}`,
        )
      }
    },
    end: (whole, changes, elapsed) => tellEnd(out, whole, changes, elapsed),
  }
}

function tellEnd(out: Output, whole: readonly Reading[], changes: number, elapsed: number): void {
  for (const { name, grown } of whole) {
    if (!isCounting(grown)) continue
    const { received, sent } = grown
    const trouble = troubleText(grown)
    out.line(
      `${name}: ${plural(received.packets, 'packet')}, ${plural(received.bytes, 'byte')} received; ${plural(sent.packets, 'packet')}, ${plural(sent.bytes, 'byte')} sent${trouble === '' ? '' : `; ${trouble}`}`,
    )
  }
  out.line(`${plural(changes, 'change')} in ${seconds(elapsed)}`)
}

const columns: Column<Reading>[] = [
  { head: 'NAME', cell: ({ name }) => name },
  { head: 'RECEIVED', right: true, lasting: true, cell: ({ grown, span }) => packetRate(grown.received.packets, span) },
  { head: 'BITS', right: true, cell: ({ grown, span }) => bitsRate(grown.received.bytes, span) },
  { head: 'MULTICAST', right: true, cell: ({ grown, span }) => packetRate(grown.received.multicast, span) },
  { head: 'SENT', right: true, lasting: true, cell: ({ grown, span }) => packetRate(grown.sent.packets, span) },
  { head: 'BITS', right: true, cell: ({ grown, span }) => bitsRate(grown.sent.bytes, span) },
  {
    head: 'TROUBLE',
    cell: ({ grown }, { bad }) => {
      const text = troubleText(grown)
      return text === '' ? '' : bad(text)
    },
  },
]

function tableReport(out: Output): CounterReport {
  const screen = createLiveLines(process.stdout)
  return {
    changed: (change) => {
      screen.clear()
      out.line(changeLine(change, out))
    },
    read: (readings) => {
      const room = process.stdout.columns || 80
      screen.draw(formatTable(readings, columns, out.paint, room - 1))
    },
    end: (whole, changes, elapsed) => {
      screen.clear()
      tellEnd(out, whole, changes, elapsed)
    },
  }
}
