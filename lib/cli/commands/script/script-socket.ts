// A socket of a script, with the datagrams that have arrived at it.

import { EventEmitter } from 'node:events'
import { bindSocket } from '../../../calls/bind-socket.ts'
import { sendDatagram } from '../../../datagram/send-datagram.ts'
import { type Datagram, type MessageSocket, type OwnedSocket, openSocket, type SocketControl } from '../../../index.ts'
import { parseSocketAddress } from '../../../net/socket-address.ts'
import { Failure, printWarning } from '../../shell/failure.ts'
import { type CliSocketKind, SOCKET_KINDS } from '../options/option-socket.ts'

export interface ScriptSocket extends AsyncDisposable {
  readonly name: string
  readonly kind: CliSocketKind
  readonly family: 4 | 6 | undefined
  readonly control: SocketControl
  /** The datagrams that have arrived, and no `expect` has taken yet. */
  readonly inbox: Datagram[]
  /** Emits `datagram` after each batch that arrives. */
  readonly arrivals: EventEmitter<{ datagram: [] }>
  address(): unknown
  bind(address: string | undefined, port: number): void
  send(address: string, port: number, data: Uint8Array): void
}

const FAMILIES = { ipv4: 4, ipv6: 6 } as const
/** How many datagrams an inbox keeps; the oldest are dropped first. */
const MAX_INBOX = 10_000

export async function openScriptSocket(name: string, kind: CliSocketKind): Promise<ScriptSocket> {
  const spec = SOCKET_KINDS[kind]
  const owned = (await openSocket(spec as never)) as OwnedSocket<'ipv4' | 'ipv6'>
  const inet = spec.family === 'ipv4' || spec.family === 'ipv6' ? spec.family : undefined
  const family = inet && FAMILIES[inet]
  const inbox: Datagram[] = []
  const arrivals = new EventEmitter<{ datagram: [] }>()

  let bound: MessageSocket | undefined

  const read = async (socket: MessageSocket): Promise<void> => {
    for await (const batch of socket) {
      inbox.push(...batch)
      inbox.splice(0, Math.max(0, inbox.length - MAX_INBOX))
      arrivals.emit('datagram')
    }
  }

  return {
    name,
    kind,
    family,
    control: owned.control,
    inbox,
    arrivals,
    address: () => owned.address(),
    bind: (address, port) => {
      if (inet === undefined) throw new Failure(`bind is for IPv4 and IPv6 sockets, not ${kind}`)
      bindSocket(owned.fd, inet, parseSocketAddress(inet, 'bind', { ...(address !== undefined && { address }), port }))
      if (spec.type !== 'dgram') return
      bound = owned.toMessageSocket()
      read(bound).catch((error) => printWarning(`${name} can't be read any more: ${error.message}`))
    },
    send: (address, port, data) => {
      sendDatagram(owned.fd, data, { address, port })
    },
    [Symbol.asyncDispose]: async () => {
      await (bound ?? owned).close()
    },
  }
}
