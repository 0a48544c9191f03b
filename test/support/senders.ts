import { onOneProcessor, type Peer, spawnScript } from './processes.ts'

/** Where a datagram goes: a group, or a host's own address (link-local with `%interface`). */
export interface Destination {
  readonly address: string
  readonly port: number
}

export interface SenderOptions {
  /** The source address: its family is the socket's. */
  readonly bind: string
  /** The source port. Default: the kernel chooses. */
  readonly port?: number
  /** As dgram's setMulticastInterface takes it. Default: the one that has `bind`, on IPv4 and between two hosts. */
  readonly interface?: string
  readonly hops?: number
  readonly loopback?: boolean
}

/** A process that sends datagrams `{ seq, from }`, padded with spaces to `size` octets where that is asked for. */
export interface Sender extends AsyncDisposable {
  /** The source address. */
  readonly address: string
  readonly peer: Peer
  /** Resolves when the kernel has taken all of them. */
  send(to: Destination, seqs: readonly number[], options?: { size?: number }): Promise<void>
  /** Sends a datagram for `inbox.until()`, and gives its marker. */
  mark(to: Destination): Promise<string>
  setHops(hops: number): Promise<void>
  setLoopback(on: boolean): Promise<void>
}

let marks = 0

/** A sender on host A (or outside any namespace); `hosts.sender()` starts one on either host. */
export function startSender(options: SenderOptions, prefix: readonly string[] = []): Sender {
  const through = options.interface ?? (options.bind.includes(':') ? undefined : options.bind)
  const settings = { ...options, ...(through !== undefined && { interface: through }) }
  const peer = spawnScript('sender.mjs', [JSON.stringify(settings)], [...prefix, ...onOneProcessor()])
  return {
    address: options.bind,
    peer,
    async send(to, seqs, { size } = {}) {
      await peer.request('send', { to, size, datagrams: seqs.map((seq) => ({ seq })) })
    },
    async mark(to) {
      const marker = `marker ${++marks} of ${process.pid}`
      await peer.request('send', { to, datagrams: [{ marker }] })
      return marker
    },
    setHops: async (hops) => {
      await peer.request('setHops', { hops })
    },
    setLoopback: async (on) => {
      await peer.request('setLoopback', { on })
    },
    [Symbol.asyncDispose]: peer.close,
  }
}
