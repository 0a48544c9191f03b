// Answers: prepared once for each client, and sent together if they are given together.
import { isBytes } from '../base/check-fields.ts'
import type { BatchReader } from './batch-reader.ts'
import type { BatchWriter } from './batch-writer.ts'
import type { Datagram } from './datagram.ts'
import type { Message, SendChoice } from './message.ts'
import type { Prepare, PreparedSend } from './prepare.ts'
import { mustNotBeGivenBack, type ReplyRoute, replyRoute } from './reply-route.ts'

/** What a socket answers with. */
export interface ReplyParts {
  readonly batchReader: BatchReader
  readonly writer: BatchWriter
  readonly prepare: Prepare
  /** Default: to the source's address and port. */
  readonly route?: ReplyRoute
}

const NOTHING = new Uint8Array(0)

/** Answers a datagram. `owner` is kept from being collected meanwhile. */
export type Reply = (
  to: Datagram,
  data: Uint8Array | readonly (Uint8Array | Message)[],
  choice: SendChoice | undefined,
  owner: object,
) => Promise<number>

/** An answer as it is prepared for a client, and what it was prepared of. */
interface Client {
  readonly address: string
  readonly port: number
  readonly destination: string | undefined
  readonly interfaceIndex: number | undefined
  readonly broadcast: true | undefined
  readonly prepared: PreparedSend
}

/** So many clients are remembered: a power of two. */
const MOST_CLIENTS = 1024

export function createReply({ batchReader, writer, prepare, route = replyRoute }: ReplyParts): Reply {
  /** By the port, of which the kernel gives each client another: a text of all fields would be a new one each time. */
  const clients: (Client | undefined)[] = new Array(MOST_CLIENTS).fill(undefined)

  const clientOf = (to: Datagram): Client => {
    const { destination, interfaceIndex, broadcast } = to
    const { address, port } = to.source
    const known = clients[port & (MOST_CLIENTS - 1)]
    if (
      known !== undefined &&
      known.port === port &&
      known.address === address &&
      known.destination === destination &&
      known.interfaceIndex === interfaceIndex &&
      known.broadcast === broadcast
    )
      return known
    const end = replyRoute(to, undefined)
    const prepared = prepare(NOTHING, end.to, end.choice)
    const client = { address, port, destination, interfaceIndex, broadcast, prepared }
    clients[port & (MOST_CLIENTS - 1)] = client
    return client
  }

  const answer: Reply = (to, data, choice, owner) => {
    mustNotBeGivenBack(batchReader, to)
    if (
      route === replyRoute &&
      choice === undefined &&
      isBytes(data) &&
      data.length > 0 &&
      typeof to?.source === 'object' &&
      to.source !== null
    )
      return writer.sendTogether(data, clientOf(to).prepared, owner)
    const end = route(to, choice)
    return writer.send(prepare(data, end.to, end.choice), owner)
  }

  return (to, data, choice, owner) => {
    try {
      return answer(to, data, choice, owner)
    } catch (error) {
      return Promise.reject(error)
    }
  }
}
