// Answers: prepared once for each client, and sent together if they are given together.
import { isBytes } from '../base/check-fields.ts'
import type { BatchReader } from './batch-reader.ts'
import type { BatchWriter } from './batch-writer.ts'
import type { Datagram } from './datagram.ts'
import type { Message, SendChoice } from './message.ts'
import type { Prepare, PreparedSend } from './prepare.ts'
import { mustNotBeGivenBack, replyRoute } from './reply-route.ts'

/** What a socket answers with. */
export interface ReplyParts {
  readonly batchReader: BatchReader
  readonly writer: BatchWriter
  readonly prepare: Prepare
}

/** Answers a datagram. `owner` is kept from being collected meanwhile. */
export type Reply = (
  to: Datagram,
  data: Uint8Array | readonly (Uint8Array | Message)[],
  choice: SendChoice | undefined,
  owner: object,
) => Promise<number>

/** So many clients are remembered. */
const MOST_CLIENTS = 4096

export function createReply({ batchReader, writer, prepare }: ReplyParts): Reply {
  /** Answers of one datagram without a choice, by the client that they are for. */
  const known = new Map<string, PreparedSend>()

  const prepareOne = (to: Datagram, data: Uint8Array): PreparedSend => {
    const { address, port } = to.source ?? {}
    const client = `${address} ${port} ${to.destination} ${to.interfaceIndex} ${to.broadcast}`
    let prepared = known.get(client)
    if (prepared === undefined) {
      const route = replyRoute(to, undefined)
      prepared = prepare(data, route.to, route.choice)
      if (known.size === MOST_CLIENTS) known.clear()
      known.set(client, { ...prepared, datagrams: [] })
    }
    return { ...prepared, datagrams: [data], done: 0 }
  }

  return async (to, data, choice, owner) => {
    mustNotBeGivenBack(batchReader, to)
    if (choice === undefined && isBytes(data) && data.length > 0 && typeof to === 'object' && to !== null)
      return writer.sendTogether(prepareOne(to, data), owner)
    const route = replyRoute(to, choice)
    return writer.send(prepare(data, route.to, route.choice), owner)
  }
}
