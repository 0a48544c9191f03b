// The calls that travel to a worker thread and back in one hop.

import type { NativeBatch } from '../binding/native.ts'
import type { Found, Wanted } from '../net/route-lookup.ts'
import type { Call } from './call.ts'
import { explain } from './explain-option.ts'

/** Large enough to amortise the thread hop, small enough that settling a batch does not block the event loop for 5 ms. */
export const MAX_CALLS_PER_BATCH = 1024

export interface Batch {
  /**
   * - idle: takes calls, or waits for its turn;
   * - resolving: the interfaces of its calls are being looked up;
   * - ready: filled, and about to go to the worker thread;
   * - running: with the worker thread.
   */
  state: 'idle' | 'resolving' | 'ready' | 'running'
  readonly calls: Call[]
  /** What must be looked up before the batch can be filled. */
  readonly lookups: Wanted[]
  /** The calls as the worker thread takes them; undefined while the batch is idle. */
  native: NativeBatch | undefined
}

/** Adds the calls to the native batch, save the calls that are refused now. */
export function fill({ calls }: Batch, native: NativeBatch, found: Found): void {
  for (const call of calls) {
    try {
      call.addTo(native, found)
    } catch (error) {
      call.refusal = { error }
    }
  }
}

/** Refuses every call: what goes wrong with one batch must not stop the batches behind it. */
export function refuse({ calls }: Batch, error: unknown): void {
  for (const call of calls) call.refusal ??= { error }
}

/** Gives each call its answer, in the order of the calls. */
export function settle({ calls }: Batch, native: NativeBatch): void {
  const outcomes = native.outcomes()
  let callNumber = 0
  for (const call of calls) {
    const { option, syscall, refusal } = call
    const number = refusal === undefined ? callNumber++ : -1
    try {
      const outcome = outcomes[number] ?? 0
      if (refusal !== undefined) call.resolve(call.recover(refusal.error))
      else if (outcome !== 0) call.resolve(call.recover(explain(option, outcome, call.value, syscall)))
      else if (syscall === 'setsockopt') call.resolve(call.done(undefined))
      else call.resolve(call.done(option.codec.fromNative(native.answer(number) as never)))
    } catch (error) {
      call.reject(error)
    }
  }
}
