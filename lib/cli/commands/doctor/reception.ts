// Joins and receives as a program would.

import { openReceiver, type Receiver, SocketOptionError } from '../../../index.ts'
import { withoutZone } from '../../../net/address.ts'
import type { WantedChannel } from './wanted-channel.ts'
import { MAX_REMEMBERED } from './watch.ts'

interface JoinResult {
  receiver: Receiver | undefined
  joinRefused?: SocketOptionError
  bindRefused?: SocketOptionError
}

/** Joins as a program would. If the port is taken, joins on another one. */
async function joinWanted(wanted: WantedChannel, port: number | undefined): Promise<JoinResult> {
  const { group, sources, on, blocked } = wanted
  const channel = { group, interface: on.index }
  const channels = sources.length === 0 ? [channel] : sources.map((source) => ({ ...channel, source }))
  let receiver: Receiver | undefined
  try {
    receiver = await openReceiver({ channels, ...(port !== undefined && { port }), maxDatagram: 1 })
    for (const membership of receiver.memberships) for (const source of blocked) await membership.block(source)
    return { receiver }
  } catch (error) {
    await receiver?.close()
    if (!(error instanceof SocketOptionError)) throw error
    if (error.syscall !== 'bind' || port === undefined) return { receiver: undefined, joinRefused: error }
    return { ...(await joinWanted(wanted, undefined)), bindRefused: error }
  }
}

/** The doctor's own sockets: on a port that is known from the beginning, or found on the wire. */
export interface Reception {
  /** How many datagrams arrived, by source. */
  readonly delivered: ReadonlyMap<string, number>
  /** The receiver that joined first; undefined if the join was refused. */
  readonly receiver: Receiver | undefined
  readonly joinRefused: SocketOptionError | undefined
  readonly bindRefused: SocketOptionError | undefined
  /** Whether a socket of the doctor's is bound to the wanted port. */
  readonly listens: boolean
  join(port: number | undefined): Promise<void>
  /** Whether every wanted source has arrived; with none named, any. */
  isSatisfied(): boolean
  close(): Promise<void>
}

export function createReception(wanted: WantedChannel): Reception {
  const delivered = new Map<string, number>()
  const opened: Receiver[] = []
  const readers: Promise<void>[] = []
  const state: Pick<JoinResult, 'joinRefused' | 'bindRefused'> & { listens: boolean } = { listens: false }

  const read = async (receiver: Receiver): Promise<void> => {
    for await (const batch of receiver)
      for (const { source } of batch) {
        const address = withoutZone(source.address)
        // Came between the join and the block.
        if (wanted.blocked.includes(address)) continue
        if (delivered.size < MAX_REMEMBERED || delivered.has(address))
          delivered.set(address, (delivered.get(address) ?? 0) + 1)
      }
  }

  return {
    delivered,
    get receiver() {
      return opened[0]
    },
    get joinRefused() {
      return state.joinRefused
    },
    get bindRefused() {
      return state.bindRefused
    },
    get listens() {
      return state.listens
    },
    async join(port) {
      const { receiver, ...refused } = await joinWanted(wanted, port)
      Object.assign(state, refused)
      if (receiver === undefined) return
      opened.push(receiver)
      if (port === undefined || refused.bindRefused !== undefined) return
      state.listens = true
      readers.push(read(receiver))
    },
    isSatisfied: () =>
      wanted.sources.length === 0 ? delivered.size > 0 : wanted.sources.every((source) => delivered.has(source)),
    async close() {
      await Promise.all(opened.map((one) => one.close()))
      // A receiver whose interface went away ends with an error.
      await Promise.allSettled(readers)
    },
  }
}
