import type { Holder } from './descriptor.ts'
import { explain } from './explain.ts'
import { type NativeBatch, type NativeLookup, native } from './native.ts'
import type { OptionParts } from './option.ts'
import { check, questionToNative, toNative } from './sockopt.ts'

/** A call on its way to the worker thread. */
export interface Errand {
  readonly option: OptionParts
  /** What must be looked up before the call can be made, if anything: the list of interfaces, or a route to a group. */
  readonly lookup?: 'interfaces' | { readonly routeTo: string } | undefined
  readonly reading: boolean
  /** The value to set, or the question to ask. What it throws is what the caller gets. */
  value(found: Found): unknown
  /** What is to be noted where it went well. Runs in the order of the calls, whenever their promises are looked at. */
  done?(): void
}

/** What a lookup found. `route` is an interface's index, or a negative errno. */
export interface Found {
  readonly interfaces: ReturnType<NativeLookup['interfaces']>
  route(group: string): number
}

interface Waiting {
  readonly errand: Errand
  readonly fd: number
  readonly resolve: (answer: unknown) => void
  readonly reject: (error: unknown) => void
  place: number
  value: unknown
}

/** One hop's calls. So many that the hop costs little, so few that settling them is no long tick. */
const LOAD = 128

interface Load {
  readonly batch: NativeBatch
  /** One duplicate of each descriptor, whatever the number of calls on it. */
  readonly copies: Map<object, number>
  readonly waiting: Waiting[]
}

const loads: Load[] = []
let travelling = false

/**
 * Sends a call to the worker thread, behind all that were sent before. The descriptor is duplicated now: closing the
 * socket later can't hand the call to a stranger that got the same number.
 */
export function send(holder: Holder, errand: Errand): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const load = openLoad()
    let fd = holder.borrowed === true ? undefined : load.copies.get(holder)
    if (fd === undefined) {
      try {
        fd = load.batch.duplicate(holder.fd)
      } catch (error) {
        throw typeof error === 'number' ? explain(errand.option, error, undefined, 'setsockopt') : error
      }
      load.copies.set(holder, fd)
    }
    load.waiting.push({ errand, fd, resolve, reject, place: -1, value: undefined })
    if (travelling) return
    travelling = true
    queueMicrotask(travel)
  })
}

function openLoad(): Load {
  const last = loads.at(-1)
  if (last !== undefined && last.waiting.length < LOAD) return last
  const load = { batch: new native.Batch(), copies: new Map(), waiting: [] }
  loads.push(load)
  return load
}

// While one load is with the kernel the next is made ready, so that neither thread waits for the other.
async function travel(): Promise<void> {
  let load = loads.shift()
  if (load !== undefined) await pack(load)
  let arrival = load && run(load.batch).catch(fail(load))
  while (load !== undefined) {
    const next = loads.shift()
    const packed = next && pack(next)
    await arrival
    await packed
    arrival = next && run(next.batch).catch(fail(next))
    settle(load)
    load = next
    if (load === undefined) {
      load = loads.shift()
      if (load !== undefined) await pack(load)
      arrival = load && run(load.batch).catch(fail(load))
    }
  }
  travelling = false
}

const run = (work: { run(done: () => void): void }): Promise<void> => new Promise((resolve) => work.run(resolve))

/** Nothing a load meets may stop the ones behind it: what went wrong with it goes to its own callers. */
function fail(load: Load): (error: unknown) => void {
  return (error) => {
    for (const waiting of load.waiting.splice(0)) waiting.reject(error)
  }
}

const NOTHING: Found = { interfaces: [], route: () => 0 }

function pack(load: Load): Promise<void> | undefined {
  const lookups = load.waiting.filter(({ errand }) => errand.lookup !== undefined)
  if (lookups.length > 0) return look(lookups).then((found) => addAll(load, found), fail(load))
  addAll(load, NOTHING)
  return undefined
}

function look(waiting: Waiting[]): Promise<Found> {
  return lookUp(waiting.flatMap(({ errand }) => (typeof errand.lookup === 'object' ? [errand.lookup.routeTo] : [])))
}

/** The interfaces there are and the routes to some groups, asked for on the worker thread. */
export async function lookUp(groups: readonly string[] = []): Promise<Found> {
  const lookup = new native.Lookup()
  const places = new Map<string, number>()
  for (const group of groups) if (!places.has(group)) places.set(group, lookup.route(group))
  await run(lookup)
  const routes = lookup.routes()
  return { interfaces: lookup.interfaces(), route: (group) => routes[places.get(group) ?? -1] ?? 0 }
}

function addAll(load: Load, found: Found): void {
  let place = 0
  for (const waiting of load.waiting) {
    const { errand, fd } = waiting
    const { option } = errand
    try {
      const value = errand.value(found)
      waiting.value = value
      if (errand.reading) {
        const asked = questionToNative(option, value)
        load.batch.get(fd, option.toRead(value), asked)
      } else {
        const given = toNative(option, value)
        load.batch.set(fd, option.toWrite(value), given)
      }
      waiting.place = place++
    } catch (error) {
      waiting.reject(error)
    }
  }
}

function settle(load: Load): void {
  for (const { errand, place, value, resolve, reject } of load.waiting) {
    if (place < 0) continue
    const outcome = load.batch.outcome(place)
    try {
      if (!errand.reading) {
        check(errand.option, outcome, value)
        errand.done?.()
        resolve(undefined)
      } else if (outcome !== 0) {
        reject(explain(errand.option, outcome, value, 'getsockopt'))
      } else {
        resolve(errand.option.codec.fromNative(load.batch.answer(place) as never))
      }
    } catch (error) {
      reject(error)
    }
  }
}
