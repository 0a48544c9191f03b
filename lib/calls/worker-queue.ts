// The way to the worker thread for calls that may wait for the kernel. Calls that wait together travel together.

import { isOutOfDescriptors, SocketOptionError } from '../base/errors.ts'
import { type NativeBatch, native } from '../binding/native.ts'
import { lookUp, NOTHING_FOUND } from '../net/route-lookup.ts'
import type { OptionParts } from '../options/option.ts'
import { type Batch, createBatch, fill, MAX_CALLS_PER_BATCH, refuse } from './batch.ts'
import type { Call, HeldDescriptor } from './call.ts'
import { explain } from './explain-option.ts'
import type { DescriptorOwner } from './socket-handle.ts'

/**
 * The queue does what the state of its oldest batch says: idle, resolving, ready or running. While that batch is
 * running, the next one is made ready if it is full, and the last one takes new calls.
 */
class WorkerQueue {
  /** The oldest first. */
  readonly #batches: Batch[] = []
  readonly #descriptors = new Map<DescriptorOwner, HeldDescriptor>()
  /** A batch that never runs: it holds the duplicates until the last call on each is about to be made. */
  #heldDescriptors: NativeBatch | undefined
  /** Native batches to use again: the memory of each would be freed only when JavaScript's collector finds it. */
  readonly #unused: NativeBatch[] = []

  /**
   * Sends a call to the worker thread, behind all calls that were sent before. The descriptor is duplicated now: closing
   * the socket later can't hand the call to a stranger that got the same number.
   */
  send(owner: DescriptorOwner, call: Call): Promise<unknown> {
    try {
      const batch = this.#enqueue(call, this.#hold(owner, 1, call.option))
      return batch.returned.then(batch.settleNext)
    } catch (error) {
      return call.givesBack && isForWantOfDescriptors(error) ? this.#makeBehindAll(owner, call) : Promise.reject(error)
    }
  }

  /**
   * A call that gives something back must not fail for want of a descriptor for its duplicate. It is made on this thread
   * then, when all calls before it have come back.
   */
  async #makeBehindAll(owner: DescriptorOwner, call: Call): Promise<unknown> {
    await this.#batches.at(-1)?.returned
    return call.makeNow(owner.fd)
  }

  /** Sends many calls together. It gives the answer or the error of each call, in their order. */
  async sendAll(owner: DescriptorOwner, calls: readonly Call[]): Promise<unknown[]> {
    const outcomes: unknown[] = []
    const [first] = calls
    if (first === undefined) return outcomes
    const descriptor = this.#hold(owner, calls.length, first.option)
    const settled: Promise<void>[] = []
    for (let sent = 0; sent < calls.length; ) {
      const batch = this.#enqueue(calls[sent] as Call, descriptor)
      const begun = sent
      for (sent++; sent < calls.length && batch.calls.length < MAX_CALLS_PER_BATCH; sent++)
        this.#enqueue(calls[sent] as Call, descriptor)
      const count = sent - begun
      settled.push(
        batch.returned.then(() => {
          for (let i = 0; i < count; i++) outcomes.push(outcomeOf(batch.settleNext))
        }),
      )
    }
    await Promise.all(settled)
    return outcomes
  }

  /** A duplicate for so many calls. All calls on one owner share one. */
  #hold(owner: DescriptorOwner, calls: number, option: OptionParts): HeldDescriptor {
    const held = owner.isBareNumber === true ? undefined : this.#descriptors.get(owner)
    if (held !== undefined) {
      held.calls += calls
      return held
    }
    this.#heldDescriptors ??= new native.Batch()
    try {
      const descriptor = { owner, fd: this.#heldDescriptors.duplicate(owner.fd), calls }
      if (owner.isBareNumber !== true) this.#descriptors.set(owner, descriptor)
      return descriptor
    } catch (error) {
      throw typeof error === 'number' ? explain(option, error, undefined, 'setsockopt') : error
    }
  }

  #enqueue(call: Call, descriptor: HeldDescriptor): Batch {
    let batch = this.#batches.at(-1)
    if (batch?.state !== 'idle' || batch.calls.length === MAX_CALLS_PER_BATCH) {
      batch = createBatch()
      this.#batches.push(batch)
      queueMicrotask(this.#resume)
    }
    call.descriptor = descriptor
    batch.calls.push(call)
    if (call.lookup !== undefined) batch.lookups.push(call.lookup)
    if (batch.calls.length === MAX_CALLS_PER_BATCH) this.#startFullBatchEarly()
    return batch
  }

  /** If thousands of calls are sent in one tick, the worker thread makes the first while the last are being sent. */
  #startFullBatchEarly(): void {
    if (this.#batches.length === 1) this.#resume()
  }

  /** Gives the worker thread what it can take now, and makes the next batch ready. */
  readonly #resume = (): void => {
    const [first, second] = this.#batches
    if (first?.state === 'idle') this.#makeReady(first)
    if (first?.state === 'ready') {
      first.state = 'running'
      try {
        first.native?.run(this.#arrive)
      } catch (error) {
        refuse(first, error)
        queueMicrotask(this.#arrive)
      }
    }
    // A batch that is not full takes further calls until its turn comes.
    if (first?.state === 'running' && second?.state === 'idle' && second.calls.length === MAX_CALLS_PER_BATCH)
      this.#makeReady(second)
  }

  #makeReady(batch: Batch): void {
    batch.state = 'resolving'
    const own = this.#unused.pop() ?? new native.Batch()
    batch.native = own
    this.#claimDescriptors(batch, own)
    if (batch.lookups.length > 0) {
      this.#resolveInterfaces(batch, own)
      return
    }
    fill(batch, own, NOTHING_FOUND)
    batch.state = 'ready'
  }

  /** From now on the batch owns each duplicate that no later call needs. The worker thread closes them. */
  #claimDescriptors({ calls }: Batch, own: NativeBatch): void {
    for (const { descriptor } of calls) {
      descriptor.calls--
      if (descriptor.calls > 0) continue
      own.take(this.#heldDescriptors as NativeBatch, descriptor.fd)
      if (this.#descriptors.get(descriptor.owner) === descriptor) this.#descriptors.delete(descriptor.owner)
    }
  }

  async #resolveInterfaces(batch: Batch, own: NativeBatch): Promise<void> {
    const groups = batch.lookups.flatMap((lookup) => (lookup === 'interfaces' ? [] : lookup.routeTo))
    try {
      fill(batch, own, await lookUp(groups))
    } catch (error) {
      refuse(batch, error)
    }
    batch.state = 'ready'
    this.#resume()
  }

  /** The first batch is back. The worker thread gets the next one before this thread settles the calls. */
  readonly #arrive = (): void => {
    const batch = this.#batches.shift() as Batch
    this.#resume()
    batch.comeBack()
    // This waits behind the callers, who read their answers from the native batch.
    void batch.returned.then(() => {
      const own = batch.native as NativeBatch
      own.clear()
      this.#unused.push(own)
    })
  }
}

const isForWantOfDescriptors = (error: unknown): boolean =>
  error instanceof SocketOptionError && error.errno !== undefined && isOutOfDescriptors(error.errno)

function outcomeOf(settle: () => unknown): unknown {
  try {
    return settle()
  } catch (error) {
    return error
  }
}

/** One for each thread, since each has its own modules. */
export const workerQueue = new WorkerQueue()
