import type dgram from 'node:dgram'
import { EventEmitter, once } from 'node:events'

/** A numbered datagram of a sender of the harness, as it arrived. */
export interface Arrived {
  readonly seq: number
  /** The address the sender is bound to, as the datagram says. */
  readonly from: string
  /** The source address, as the receiver got it. */
  readonly source: { readonly address: string; readonly port: number }
}

/** The datagrams of one receiver, in order of arrival. */
export interface Inbox {
  deliver(data: Uint8Array, source: { address: string; port: number }): void
  /**
   * Waits for a marker (`sender.mark(to)`), and gives the datagrams since the last marker. A datagram that was sent
   * before the marker and is not among them did not arrive: all senders share a processor, which keeps their order.
   */
  until(marker: string | Promise<string>): Promise<Arrived[]>
  /** Makes every waiting `until` fail, since the receiver has ended. */
  fail(error: Error): void
}

/** How long to wait for a marker: less than a test's own timeout, so that the error names the marker. */
const PATIENCE_MS = 10_000

export function createInbox(): Inbox {
  const entries: (Arrived | { marker: string })[] = []
  let failure: Error | undefined
  const changes = new EventEmitter().setMaxListeners(0)

  return {
    deliver(data, source) {
      const { seq, from, marker } = decode(data)
      if (marker !== undefined) entries.push({ marker })
      else if (seq !== undefined && from !== undefined) entries.push({ seq, from, source })
      else failure ??= new Error(`no sender of the harness sent ${data.length} octets from ${source.address}`)
      changes.emit('change')
    },
    async until(marker) {
      const wanted = await marker
      const patience = AbortSignal.timeout(PATIENCE_MS)
      for (;;) {
        if (failure) throw failure
        const at = entries.findIndex((entry) => 'marker' in entry && entry.marker === wanted)
        if (at >= 0) return entries.splice(0, at + 1).filter((entry) => 'seq' in entry)
        await once(changes, 'change', { signal: patience }).catch(() => {
          throw new Error(`${wanted} did not arrive; what did: ${JSON.stringify(entries)}`)
        })
      }
    },
    fail(error) {
      failure ??= error
      changes.emit('change')
    },
  }
}

/** The inbox of a dgram socket. */
export function inboxOf(socket: dgram.Socket): Inbox {
  const inbox = createInbox()
  socket.on('message', (data, { address, port }) => inbox.deliver(data, { address, port }))
  socket.on('error', inbox.fail)
  return inbox
}

/** An inbox that reads batches of datagrams until the iteration ends. */
export function inboxOfBatches(
  batches: AsyncIterable<Iterable<{ data: Uint8Array; source: { address: string; port: number } }>>,
): Inbox {
  const inbox = createInbox()
  const read = async () => {
    for await (const batch of batches) for (const { data, source } of batch) inbox.deliver(data, source)
    inbox.fail(new Error('the receiver has ended'))
  }
  read().catch(inbox.fail)
  return inbox
}

/** The sequence numbers in order of arrival; only those of one sender if `from` is given. */
export function seqs(arrived: readonly Arrived[], from?: string): number[] {
  return arrived.filter((datagram) => from === undefined || datagram.from === from).map(({ seq }) => seq)
}

function decode(data: Uint8Array): { seq?: number; from?: string; marker?: string } {
  try {
    return JSON.parse(Buffer.from(data).toString()) ?? {}
  } catch {
    return {}
  }
}
