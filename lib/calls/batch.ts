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
  /**
   * Fulfils when the batch is back. Callers wait for it in the order of their calls, and each then settles the next call:
   * one promise for a batch and one function, since thousands of calls may wait, and memory is most of what they cost.
   */
  readonly returned: Promise<void>
  readonly settleNext: () => unknown
  /** Lets those who wait settle their calls. */
  comeBack(): void
}

export function createBatch(): Batch {
  let comeBack = (): void => {}
  const returned = new Promise<void>((resolve) => {
    comeBack = resolve
  })
  const calls: Call[] = []
  let outcomes: Int32Array | undefined
  let settled = 0
  let callNumber = 0
  const batch: Batch = {
    state: 'idle',
    calls,
    lookups: [],
    native: undefined,
    returned,
    settleNext: () => {
      const call = calls[settled++] as Call
      const { option, syscall, refusal } = call
      if (refusal !== undefined) return call.recover(refusal.error)
      const number = callNumber++
      outcomes ??= (batch.native as NativeBatch).outcomes()
      const outcome = outcomes[number] as number
      if (outcome !== 0) return call.recover(explain(option, outcome, call.value, syscall))
      if (syscall === 'setsockopt') return call.done(undefined)
      return call.done(option.codec.fromNative(batch.native?.answer(number) as never))
    },
    comeBack,
  }
  return batch
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
