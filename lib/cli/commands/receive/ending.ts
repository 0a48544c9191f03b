// When `sockctl receive` ends: by a count, a time, silence, a signal or an error.

import { Failure } from '../../shell/failure.ts'
import { mustHaveCome } from '../../shell/nothing-came.ts'
import { startTimer } from '../../shell/timer.ts'
import { seconds } from '../../shell/units.ts'

/** When to end. Times are in milliseconds. */
export interface ReceiveLimits {
  count?: number
  expect?: number
  duration?: number
  /** End once nothing has arrived for this long. */
  timeout?: number
}

export type ReceiveEnd = 'count' | 'duration' | 'timeout' | 'stopped' | Error

/** What the command did until it ended. */
export interface ReceiveResult {
  readonly end: ReceiveEnd
  readonly total: number
  /** In milliseconds. */
  readonly elapsed: number
}

/** Counts what arrives, and ends when a limit is reached. */
export interface Ending {
  /** Aborted at the end. */
  readonly over: AbortSignal
  readonly total: number
  /** How many more the limit leaves room for. */
  readonly room: number
  /** Notes that something arrived, of which so many count. */
  arrived(counted: number): void
  /** To be called once a batch was dealt with: true if no other is wanted. */
  isOver(): boolean
  finish(end: ReceiveEnd): void
  /** Resolves at the end. */
  wait(): Promise<ReceiveEnd>
}

/** The timers run from now on. */
export function createEnding(limits: ReceiveLimits, stop: AbortSignal): Ending {
  const over = new AbortController()
  const limit = limits.count ?? limits.expect ?? Number.POSITIVE_INFINITY
  let total = 0
  let lastArrival = performance.now()
  let finish: (end: ReceiveEnd) => void = () => {}
  const ended = new Promise<ReceiveEnd>((resolve) => {
    finish = resolve
  })
  let idle: NodeJS.Timeout | undefined
  const watchIdle = (timeout: number): void => {
    const left = lastArrival + timeout - performance.now()
    if (left <= 0) finish('timeout')
    else idle = setTimeout(watchIdle, left, timeout)
  }
  const durationTimer = startTimer(limits.duration, () => finish('duration'))
  if (limits.timeout !== undefined) watchIdle(limits.timeout)
  stop.addEventListener('abort', () => finish('stopped'))
  if (stop.aborted) finish('stopped')
  return {
    over: over.signal,
    get total() {
      return total
    },
    get room() {
      return limit - total
    },
    arrived: (counted) => {
      total += counted
      lastArrival = performance.now()
    },
    isOver: () => {
      if (total >= limit) finish('count')
      return total >= limit || over.signal.aborted
    },
    finish,
    wait: async () => {
      const end = await ended
      clearTimeout(durationTimer)
      clearTimeout(idle)
      over.abort()
      return end
    },
  }
}

/**
 * Throws if the command did not do what was asked.
 *
 * @param unit what was to arrive, in the plural
 * @param advice the command line that finds out why nothing arrives
 */
export function judge(
  { end, total, elapsed }: ReceiveResult,
  expect: number | undefined,
  unit: string,
  advice?: string,
) {
  if (end instanceof Error) throw end
  if (expect !== undefined && total < expect)
    throw new Failure(`${total} of ${expect} ${unit} arrived in ${seconds(elapsed)}`)
  mustHaveCome(
    total,
    `nothing arrived in ${seconds(elapsed)}${advice === undefined ? '' : `; ${advice} looks for the cause`}`,
  )
}
