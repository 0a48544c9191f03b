// The ways to read what a batch reader gives: one batch, a loop over batches, a stream of datagrams. One at a time.
import type { Readable } from 'node:stream'
import { abortSignal, checkFields } from '../base/check-fields.ts'
import { badValue, SocketOptionError } from '../base/errors.ts'
import type { BatchReader } from './batch-reader.ts'
import type { Datagram } from './datagram.ts'

/** What `receive` takes. */
export interface ReceiveOptions {
  /** Ends the wait: `receive` rejects with the signal's reason, nothing is lost, and the socket stays open. */
  signal?: AbortSignal | undefined
}

const FIELDS = { signal: abortSignal }

/** While somebody waits for a batch, `owner`, the object that is read, is kept from being collected. */
export interface BatchLoop {
  receive(options: ReceiveOptions | undefined, owner: object): Promise<Datagram[]>
  /** Leaving the loop early closes its socket. */
  iterate(owner: object): AsyncIterator<Datagram[], undefined>
  readable(owner: object): Readable
}

export interface BatchLoopPlan {
  /** How errors call the object that is read. */
  readonly name: 'receiver' | 'socket'
  readonly batchReader: BatchReader
  readonly batch: number
  readonly reuseBuffers: boolean
  isClosed(): boolean
  close(): Promise<void>
}

export function createBatchLoop(plan: BatchLoopPlan): BatchLoop {
  const { name, batchReader } = plan
  let reader: object | undefined
  let kept: object | undefined

  const nextBatch = async (owner: object, signal?: AbortSignal): Promise<Datagram[] | undefined> => {
    kept = owner
    try {
      return await batchReader.next(signal)
    } finally {
      if (kept === owner) kept = undefined
    }
  }

  const busy = (): SocketOptionError =>
    new SocketOptionError(
      `this ${name} has a reader already: end its loop, wait for its receive(), or open another ${name}`,
      { code: 'ERR_READER_BUSY', reason: 'bad-value' },
    )

  const iterate = (owner: object): AsyncIterator<Datagram[], undefined> => {
    if (reader !== undefined && !plan.isClosed()) throw busy()
    const own = {}
    reader = own
    const free = (): void => {
      if (reader === own) reader = undefined
    }
    return {
      next: async () => {
        if (batchReader.reading()) throw busy()
        try {
          const value = await nextBatch(owner)
          if (value !== undefined) return { done: false, value }
        } catch (error) {
          // An error ends this reader, so that another may begin.
          free()
          throw error
        }
        free()
        return { done: true, value: undefined }
      },
      return: async () => {
        free()
        await plan.close()
        return { done: true, value: undefined }
      },
    }
  }

  return {
    iterate,
    receive: async (options, owner) => {
      const signal = options && checkFields(options, FIELDS, 'receive').signal
      signal?.throwIfAborted()
      if ((reader !== undefined && !plan.isClosed()) || batchReader.reading()) throw busy()
      const batch = await nextBatch(owner, signal)
      if (batch !== undefined) return batch
      if (!plan.isClosed())
        throw new SocketOptionError('the peer has closed the connection: no more messages come', {
          code: 'ERR_PEER_CLOSED',
          reason: 'closed',
        })
      throw new SocketOptionError(`this ${name} is closed: open another`, {
        code: 'ERR_SOCKET_CLOSED',
        reason: 'closed',
      })
    },
    readable: (owner) => {
      if (plan.reuseBuffers)
        throw badValue(`readable() keeps datagrams, which reuseBuffers writes over: open the ${name} without it`)
      const iterator = iterate(owner)
      let rest: Datagram[] = []
      const stream = process.getBuiltinModule('node:stream')
      return new stream.Readable({
        objectMode: true,
        highWaterMark: plan.batch,
        read() {
          const push = (): void => {
            while (rest.length > 0) if (!this.push(rest.shift())) return
          }
          if (rest.length > 0) {
            push()
            return
          }
          iterator.next().then(
            ({ done, value }) => {
              if (done === true) this.push(null)
              else {
                rest = value
                push()
              }
            },
            (error) => this.destroy(error),
          )
        },
        destroy: (error, done) => void iterator.return?.().then(() => done(error), done),
      })
    },
  }
}
