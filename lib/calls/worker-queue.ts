import { type NativeBatch, native } from '../binding/native.ts'
import { type Found, lookUp, NOTHING_FOUND, type Wanted } from '../net/route-lookup.ts'
import type { OptionParts } from '../options/option.ts'
import { questionToNative, toNative } from './call-now.ts'
import { explain } from './explain-option.ts'
import type { DescriptorOwner } from './socket-handle.ts'

/**
 * A call on its way to the worker thread. A class, with the queue's own field in it: thousands may wait together, and
 * what each of them is made of is most of what they cost.
 */
export abstract class Call {
  readonly option: OptionParts
  /** What the kernel was given, or asked. */
  value: unknown = undefined
  /** Its own once it is sent. */
  declare copy: Copy

  constructor(option: OptionParts) {
    this.option = option
  }

  get reading(): boolean {
    return false
  }

  get wanted(): Wanted | undefined {
    return undefined
  }

  /** The value is right, and as the native side takes it. */
  get checked(): boolean {
    return false
  }

  /** The value to set, or the question to ask. What it throws is what the caller gets. */
  abstract prepare(found: Found): unknown

  /** Notes that it went well; what it returns is what the promise gives. Runs in the order of the calls. */
  done(): unknown {
    return undefined
  }

  /** What becomes of an error: what it throws is what the caller gets, what it returns is what the promise gives. */
  recover(error: unknown): unknown {
    throw error
  }
}

/** A duplicate of a descriptor, and how many calls are waiting for it. */
interface Copy {
  readonly owner: DescriptorOwner
  readonly fd: number
  calls: number
}

/** So many calls a hop that it costs little, so few that settling them is no long tick. */
const MOST = 1024

/** The calls of one hop. */
class Load {
  /** Its own from when it departs: many loads may wait, and a batch keeps the room it once had. */
  declare batch: NativeBatch
  readonly calls: Call[] = []
  /** Calls that were refused before the kernel, and why. */
  readonly refused = new Map<Call, unknown>()
  outcomes: Int32Array = NO_OUTCOMES
  /** Fulfils once it is back, which is when those who wait for its calls have their turn, in the order of the calls. */
  readonly end: Promise<void>
  declare tell: () => void
  #finished = 0
  #place = 0

  constructor() {
    this.end = new Promise((resolve) => {
      this.tell = resolve
    })
  }

  /** One function for all who wait: each finds the call that is its own by the order they wait in. */
  readonly finishNext = (): unknown => {
    const call = this.calls[this.#finished++] as Call
    if (this.refused.has(call)) return call.recover(this.refused.get(call))
    const place = this.#place++
    const { option, reading, value } = call
    const outcome = this.outcomes[place] as number
    if (outcome !== 0) return call.recover(explain(option, outcome, value, reading ? 'getsockopt' : 'setsockopt'))
    return reading ? option.codec.fromNative(this.batch.answer(place) as never) : call.done()
  }
}

const NO_OUTCOMES = new Int32Array()

const unused: NativeBatch[] = []
/** Loads that have not departed, the oldest first. The last is being filled. */
const waiting: Load[] = []
/** One for each descriptor, whatever the number of calls on it. */
const copies = new Map<DescriptorOwner, Copy>()
/** The one that was asked for last: calls come one socket after the other, mostly. */
let latest: Copy | undefined
/** Never runs: it holds the duplicates until the last call on each departs. */
let waitingRoom: NativeBatch | undefined
let planned = false
let looking = false
let ready: Load | undefined
/** The load that is with the worker thread. */
let working: Load | undefined

/**
 * Sends a call to the worker thread, behind all that were sent before. The descriptor is duplicated now: closing the
 * socket later can't hand the call to a stranger that got the same number.
 */
export function send(owner: DescriptorOwner, call: Call): Promise<unknown> {
  try {
    // First: what departs takes its duplicates along.
    makeWay()
    const copy = copyFor(owner, call)
    const load = boarding()
    board(load, copy, call)
    return load.end.then(load.finishNext)
  } catch (error) {
    return Promise.reject(error)
  }
}

/** Sends many at the price of few promises. It fulfils when all have been answered, well or not. */
export async function sendAll(
  owner: DescriptorOwner,
  calls: readonly Call[],
): Promise<{ answers: unknown[]; errors: unknown[] }> {
  const answers: unknown[] = []
  const errors: unknown[] = []
  const [first] = calls
  if (first === undefined) return { answers, errors }
  const copy = copyFor(owner, first)
  const finish = ({ finishNext }: Load, count: number): void => {
    for (let i = 0; i < count; i++) {
      try {
        answers.push(finishNext())
      } catch (error) {
        errors.push(error)
      }
    }
  }
  const ends: Promise<void>[] = []
  // What departs meanwhile must not take this one along.
  copy.calls++
  for (let sent = 0; sent < calls.length; ) {
    makeWay()
    const load = boarding()
    const aboard = calls.slice(sent, sent + MOST - load.calls.length)
    for (const call of aboard) board(load, copy, call)
    ends.push(load.end.then(() => finish(load, aboard.length)))
    sent += aboard.length
  }
  copy.calls--
  await Promise.all(ends)
  return { answers, errors }
}

/** Of thousands sent in one tick the first are made while the last are being sent. */
function makeWay(): void {
  if (working === undefined && waiting.at(-1)?.calls.length === MOST) advance()
}

/** A load with room. */
function boarding(): Load {
  const last = waiting.at(-1)
  if (last !== undefined && last.calls.length < MOST) return last
  const load = new Load()
  waiting.push(load)
  if (!planned) {
    planned = true
    queueMicrotask(() => {
      planned = false
      advance()
    })
  }
  return load
}

function board(load: Load, copy: Copy, call: Call): void {
  call.copy = copy
  copy.calls++
  load.calls.push(call)
}

function copyFor(owner: DescriptorOwner, { option }: Call): Copy {
  if (latest?.owner === owner) return latest
  const known = copies.get(owner)
  if (known !== undefined) return known
  waitingRoom ??= new native.Batch()
  try {
    const copy = { owner, fd: waitingRoom.duplicate(owner.fd), calls: 0 }
    if (owner.isBareNumber === true) return copy
    copies.set(owner, copy)
    latest = copy
    return copy
  } catch (error) {
    throw typeof error === 'number' ? explain(option, error, undefined, 'setsockopt') : error
  }
}

/** Gives the worker thread what it can take now. While one load is with the kernel, the next is made ready. */
function advance(): void {
  while (!looking) {
    const next = waiting[0]
    if (ready !== undefined) {
      if (working !== undefined) return
      run(ready)
      ready = undefined
    } else if (next !== undefined && (working === undefined || next.calls.length === MOST)) {
      waiting.shift()
      depart(next)
      pack(next)
    } else return
  }
}

function depart(load: Load): void {
  const batch = unused.pop() ?? new native.Batch()
  load.batch = batch
  for (const { copy } of load.calls) {
    copy.calls--
    if (copy.calls > 0) continue
    batch.take(waitingRoom as NativeBatch, copy.fd)
    copies.delete(copy.owner)
    if (latest === copy) latest = undefined
  }
}

function pack(load: Load): void {
  const groups: string[] = []
  let wanting = false
  for (const { wanted } of load.calls) {
    if (wanted === undefined) continue
    wanting = true
    if (typeof wanted === 'object') groups.push(wanted.routeTo)
  }
  looking = wanting
  if (wanting)
    lookUp(groups).then(
      (found) => goOn(() => addAll(load, found)),
      (error) => goOn(() => failAll(load, error)),
    )
  else addAll(load, NOTHING_FOUND)
}

function goOn(act: () => void): void {
  looking = false
  act()
  advance()
}

function addAll(load: Load, found: Found): void {
  const { batch, calls, refused } = load
  for (const call of calls) {
    try {
      add(batch, call, found)
    } catch (error) {
      refused.set(call, error)
    }
  }
  ready = load
}

function add(batch: NativeBatch, call: Call, found: Found): void {
  const { option, copy } = call
  const value = call.prepare(found)
  call.value = value
  if (call.reading) {
    const asked = questionToNative(option, value)
    batch.get(copy.fd, option.toRead(value).place, asked)
  } else {
    const given = call.checked ? value : toNative(option, value)
    batch.set(copy.fd, option.toWrite(value).place, given)
  }
}

/** Nothing a load meets may stop the ones behind it: what went wrong with it goes to its own callers. */
function failAll(load: Load, error: unknown): void {
  for (const call of load.calls) if (!load.refused.has(call)) load.refused.set(call, error)
  tell(load)
}

function run(load: Load): void {
  try {
    load.batch.run(() => arrive(load))
    working = load
  } catch (error) {
    failAll(load, error)
  }
}

function arrive(load: Load): void {
  load.outcomes = load.batch.outcomes()
  working = undefined
  advance()
  tell(load)
}

function tell({ batch, end, tell }: Load): void {
  tell()
  // Behind all who read their answers from it.
  end.then(() => {
    batch.clear()
    unused.push(batch)
  })
}
