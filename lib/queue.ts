import type { Holder } from './descriptor.ts'
import { explain } from './explain.ts'
import { type NativeBatch, type NativeLookup, native } from './native.ts'
import type { OptionParts } from './option.ts'
import { questionToNative, toNative } from './sockopt.ts'

/** A call on its way to the worker thread. */
export interface Errand {
  readonly option: OptionParts
  /** What must be looked up before the call can be made, if anything: the list of interfaces, or a route to a group. */
  readonly lookup?: 'interfaces' | { readonly routeTo: string } | undefined
  readonly reading: boolean
  /** The value to set, or the question to ask. What it throws is what the caller gets. */
  value(found: Found): unknown
  /** The value is right, and as the native side takes it. */
  readonly checked?: boolean
  /**
   * Notes that it went well; what it returns is what the promise gives. Runs in the order of the calls, whenever their
   * promises are looked at.
   */
  done?(): unknown
  /** What becomes of an error: what it throws is what the caller gets, what it returns is what the promise gives. */
  recover?(error: unknown): unknown
}

/** What a lookup found. `route` is an interface's index, or a negative errno. */
export interface Found {
  readonly interfaces: ReturnType<NativeLookup['interfaces']>
  route(group: string): number
}

interface Waiting {
  readonly errand: Errand
  readonly copy: Copy
  readonly resolve: (answer: unknown) => void
  readonly reject: (error: unknown) => void
  place: number
  value: unknown
}

/** A duplicate of a descriptor, and how many calls are waiting for it. */
interface Copy {
  readonly holder: Holder
  readonly fd: number
  calls: number
}

/** One hop's calls. */
interface Load {
  readonly batch: NativeBatch
  readonly waiting: Waiting[]
}

/** So many calls a hop that it costs little, so few that settling them is no long tick. */
const MOST = 512

let waiting: Waiting[] = []
/** One for each descriptor, whatever the number of calls on it. */
const copies = new Map<Holder, Copy>()
/** The one that was asked for last: calls come one socket after the other, mostly. */
let latest: Copy | undefined
/** Never runs: it holds the duplicates until the last call on each departs. */
let waitingRoom: NativeBatch | undefined
const idle: NativeBatch[] = []
let travelling = false

let resolveNew: Waiting['resolve']
let rejectNew: Waiting['reject']
/** One function for every promise: thousands are made together, and functions of each one's own would outweigh them. */
const hold = (resolve: Waiting['resolve'], reject: Waiting['reject']): void => {
  resolveNew = resolve
  rejectNew = reject
}

/**
 * Sends a call to the worker thread, behind all that were sent before. The descriptor is duplicated now: closing the
 * socket later can't hand the call to a stranger that got the same number.
 */
export function send(holder: Holder, errand: Errand): Promise<unknown> {
  const promise = new Promise(hold)
  try {
    wait(copyFor(holder, errand), errand, resolveNew, rejectNew)
  } catch (error) {
    rejectNew(error)
  }
  return promise
}

/** Sends many at the price of one promise. It fulfils when all have been answered, well or not. */
export function sendAll(
  holder: Holder,
  errands: readonly Errand[],
): Promise<{ answers: unknown[]; errors: unknown[] }> {
  return new Promise((resolve) => {
    const answers: unknown[] = []
    const errors: unknown[] = []
    const [first] = errands
    if (first === undefined) return resolve({ answers, errors })
    const noteIn = (list: unknown[]) => (item: unknown) => {
      list.push(item)
      if (answers.length + errors.length === errands.length) resolve({ answers, errors })
    }
    const answered = noteIn(answers)
    const failed = noteIn(errors)
    const copy = copyFor(holder, first)
    for (const errand of errands) wait(copy, errand, answered, failed)
  })
}

function wait(copy: Copy, errand: Errand, resolve: Waiting['resolve'], reject: Waiting['reject']): void {
  copy.calls++
  waiting.push({ errand, copy, resolve, reject, place: -1, value: undefined })
  if (travelling) return
  travelling = true
  queueMicrotask(travel)
}

function copyFor(holder: Holder, { option }: Errand): Copy {
  if (latest?.holder === holder) return latest
  const known = copies.get(holder)
  if (known !== undefined) return known
  waitingRoom ??= new native.Batch()
  try {
    const copy = { holder, fd: waitingRoom.duplicate(holder.fd), calls: 0 }
    if (holder.borrowed === true) return copy
    copies.set(holder, copy)
    latest = copy
    return copy
  } catch (error) {
    throw typeof error === 'number' ? explain(option, error, undefined, 'setsockopt') : error
  }
}

function fail({ errand, resolve, reject }: Waiting, error: unknown): void {
  try {
    if (errand.recover === undefined) reject(error)
    else resolve(errand.recover(error))
  } catch (left) {
    reject(left)
  }
}

/** The next load. What is sent from now on is not in it. */
function depart(): Load | undefined {
  if (waitingRoom === undefined || waiting.length === 0) return undefined
  const batch = idle.pop() ?? new native.Batch()
  const aboard = waiting.length > MOST ? waiting.splice(0, MOST) : waiting
  if (aboard === waiting) waiting = []
  for (const { copy } of aboard) {
    copy.calls--
    if (copy.calls > 0) continue
    batch.take(waitingRoom, copy.fd)
    copies.delete(copy.holder)
    if (latest === copy) latest = undefined
  }
  return { batch, waiting: aboard }
}

// While one load is with the kernel the next is made ready, so that neither thread waits for the other.
async function travel(): Promise<void> {
  let load: Load | undefined
  let arrival: Promise<void> | undefined
  do {
    const next = depart()
    const packed = next && pack(next)
    await arrival
    await packed
    const arrived = load
    arrival = next && run(next.batch).catch(failAll(next))
    load = next
    if (arrived !== undefined) settle(arrived)
  } while (load !== undefined || waiting.length > 0)
  travelling = false
}

const run = (work: { run(done: () => void): void }): Promise<void> => new Promise((resolve) => work.run(resolve))

/** Nothing a load meets may stop the ones behind it: what went wrong with it goes to its own callers. */
function failAll(load: Load): (error: unknown) => void {
  return (error) => {
    for (const waiting of load.waiting.splice(0)) fail(waiting, error)
  }
}

const NOTHING: Found = { interfaces: [], route: () => 0 }

function pack(load: Load): Promise<void> | undefined {
  const lookups = load.waiting.filter(({ errand }) => errand.lookup !== undefined)
  if (lookups.length > 0) return look(lookups).then((found) => addAll(load, found), failAll(load))
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
    const { errand, copy } = waiting
    const { option } = errand
    try {
      const value = errand.value(found)
      waiting.value = value
      if (errand.reading) {
        const asked = questionToNative(option, value)
        load.batch.get(copy.fd, option.toRead(value).place, asked)
      } else {
        const given = errand.checked === true ? value : toNative(option, value)
        load.batch.set(copy.fd, option.toWrite(value).place, given)
      }
      waiting.place = place++
    } catch (error) {
      fail(waiting, error)
    }
  }
}

function settle(load: Load): void {
  const outcomes = load.batch.outcomes()
  for (const waiting of load.waiting) {
    const { errand, place, value, resolve, reject } = waiting
    const outcome = outcomes[place]
    if (outcome === undefined) continue
    const { option, reading } = errand
    if (outcome !== 0) {
      fail(waiting, explain(option, outcome, value, reading ? 'getsockopt' : 'setsockopt'))
      continue
    }
    try {
      resolve(reading ? option.codec.fromNative(load.batch.answer(place) as never) : errand.done?.())
    } catch (error) {
      reject(error)
    }
  }
  load.batch.clear()
  idle.push(load.batch)
}
