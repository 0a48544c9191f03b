// connectorFor: connections with options for programs that let others connect: http, https, undici, ws.

import type { LookupFunction, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket, ConnectionOptions as TlsConnectionOptions } from 'node:tls'
import { checkFields, object } from '../base/check-fields.ts'
import { badValue, show, wrongType } from '../base/errors.ts'
import { parseAddress } from '../net/address.ts'
import { SO_KEEPALIVE } from '../options/table/socket.ts'
import { TCP_KEEPIDLE, TCP_NODELAY } from '../options/table/tcp.ts'
import { CONNECTION_RULES, type ConnectionOptions, connectSocket } from './connect-socket.ts'
import { parseOptions, type Setting } from './socket-spec.ts'

/** Options of `tls.connect`: certificates, versions, protocols. */
export type ConnectorTlsOptions = Omit<TlsConnectionOptions, 'socket' | 'host' | 'port' | 'path' | 'lookup' | 'timeout'>

/** What connectorFor takes. `V` are the types of the options' values. */
export interface ConnectorOptions<V extends readonly unknown[] = readonly unknown[]> extends ConnectionOptions<V> {
  /**
   * Options of `tls.connect` for connections over TLS: `{ ca }`, `{ ALPNProtocols: ['h2', 'http/1.1'] }`. Those that an agent or a
   * request of https has stand before them. Default: `{ ALPNProtocols: ['http/1.1'] }`.
   */
  readonly tls?: ConnectorTlsOptions | undefined
}

/** The connection that http, https or undici asks for. Of its other fields, those of `tls.connect` count over TLS. */
export interface ConnectionRequest {
  /** The host, before `host`: undici has the port in that. */
  readonly hostname?: string | null | undefined
  /** The host, if there is no `hostname`. */
  readonly host?: string | null | undefined
  /** Default: 443 over TLS, else 80. */
  readonly port?: number | string | null | undefined
  /** `https:` and `wss:` are TLS. Default: the protocol of the agent. */
  readonly protocol?: string | null | undefined
  /** The name that the server's certificate must have. Default: the host. */
  readonly servername?: string | null | undefined
  /** The address to connect from, unless connectorFor has one. */
  readonly localAddress?: string | null | undefined
  /** Finds the addresses of the host, unless connectorFor has one. */
  readonly lookup?: LookupFunction | undefined
  /** 4 or 6: asks the lookup for addresses of this family only. */
  readonly family?: number | undefined
}

/** What undici and http call connections by. The callback has the connected socket, a TLSSocket over TLS, or the error. */
export interface Connector {
  /**
   * The callback as undici has it.
   * @throws TypeError for a request or a callback that is none; all else goes to the callback
   */
  (
    request: ConnectionRequest,
    callback: (...outcome: [error: null, socket: Socket | TLSSocket] | [error: Error, socket: null]) => void,
  ): undefined
  /**
   * The callback as http has it.
   * @throws TypeError for a request or a callback that is none; all else goes to the callback
   */
  (request: ConnectionRequest, callback: (error: Error | null, socket: Duplex) => void): undefined
}

type Callback = (error: unknown, socket: Socket | null) => void

/** What else http, https and undici put into a request. */
interface Request extends ConnectionRequest {
  readonly agent?: unknown
  readonly _defaultAgent?: unknown
  readonly autoSelectFamily?: boolean
  readonly autoSelectFamilyAttemptTimeout?: number
  readonly noDelay?: boolean
  readonly keepAlive?: boolean
  readonly keepAliveInitialDelay?: number
  readonly allowH2?: boolean
  readonly ALPNProtocols?: TlsConnectionOptions['ALPNProtocols']
}

/**
 * A function that connects as connectSocket does, for programs that take one: the `connect` of undici's dispatchers, and the
 * `createConnection` of http, https and ws, of an agent or of a request.
 *
 * TLS is laid over the connection, by `tls.connect({ socket })`, if the request or its agent is of `https:` or `wss:`; the callback
 * then has a TLSSocket, after the handshake. Errors of the handshake are Node's. Sessions are not resumed. TCP_NODELAY is set,
 * and keepalive if the agent has it, as by node:http itself; `options` stand before both.
 * @throws SocketOptionError for a wrong option. The callback has the errors of a connection.
 */
export function connectorFor<const V extends readonly unknown[] = readonly unknown[]>(
  options: ConnectorOptions<V>,
): Connector {
  options = checkFields(options, RULES, 'connectorFor')
  const { tls = {}, options: given, ...own } = options
  const settings: readonly Setting[] = parseOptions(given).map(([option, value]) => [option, value])

  return function connect(this: unknown, request: Request, callback: unknown): undefined {
    if (typeof request !== 'object' || request === null)
      throw wrongType(`a connector takes { host, port, ... } and a callback, not ${show(request)}`)
    if (typeof callback !== 'function')
      throw wrongType(`the callback of a connector is ${show(callback)}: a function is needed`)
    const done = callback as Callback
    const secure = isSecure(request, this)
    connectTo(request, secure, { ...own, options: settings }).then(
      (socket) => {
        if (secure) handshake(socket, { ...tls, ...withoutNothings(request) }, done)
        else process.nextTick(done, null, socket)
      },
      (error: unknown) => process.nextTick(done, error, null),
    )
  }
}

/** The kernel's, in seconds. */
const MOST_KEEPIDLE = 32767

const RULES = { ...CONNECTION_RULES, tls: object('an object with options of tls.connect') }

/** What node:net and undici can do and connectSocket can't: to ignore it would be to connect to, or from, somewhere else. */
const NOT_TAKEN = ['socketPath', 'localPort'] as const

/** A request of https with a `createConnection` and no agent tells by its default agent only that it is one. */
function isSecure({ protocol, agent, _defaultAgent }: Request, caller: unknown): boolean {
  const protocols = [protocol, protocolOf(caller), protocolOf(agent), protocolOf(_defaultAgent)]
  return ['https:', 'wss:'].includes(protocols.find((one) => typeof one === 'string') ?? '')
}

const protocolOf = (agent: unknown): string | undefined => (agent as { protocol?: string } | null | undefined)?.protocol

async function connectTo(request: Request, secure: boolean, own: ConnectionOptions): Promise<Socket> {
  for (const key of NOT_TAKEN)
    if ((request as Record<string, unknown>)[key] !== undefined)
      throw badValue(`a connector takes no ${key}: it connects to a host and a port, from any port`)
  const { hostname, host, port, family } = request
  const lookup = own.lookup ?? request.lookup
  return connectSocket({
    host: (hostname ?? host) as string,
    port: Number(port || (secure ? 443 : 80)),
    localAddress: own.localAddress ?? request.localAddress ?? undefined,
    autoSelectFamily: own.autoSelectFamily ?? request.autoSelectFamily,
    autoSelectFamilyAttemptTimeout: own.autoSelectFamilyAttemptTimeout ?? request.autoSelectFamilyAttemptTimeout,
    lookup: family === 4 || family === 6 ? lookupOfFamily(family, lookup) : lookup,
    options: [...settingsOf(request), ...(own.options ?? [])],
  })
}

/** What net.connect sets by itself for an agent. */
function settingsOf({ noDelay, keepAlive, keepAliveInitialDelay = 0 }: Request): Setting[] {
  const settings: Setting[] = [[TCP_NODELAY, noDelay !== false]]
  if (keepAlive !== true) return settings
  settings.push([SO_KEEPALIVE, true])
  const seconds = Math.floor(keepAliveInitialDelay / 1000)
  if (seconds > 0) settings.push([TCP_KEEPIDLE, Math.min(seconds, MOST_KEEPIDLE)])
  return settings
}

/** undici names what it has no value for. */
const withoutNothings = (request: Request): Request =>
  Object.fromEntries(Object.entries(request).filter(([, value]) => value !== null && value !== undefined))

const lookupOfFamily =
  (family: 4 | 6, lookup: LookupFunction = process.getBuiltinModule('node:dns').lookup): LookupFunction =>
  (host, options, callback) =>
    lookup(host, { ...options, family }, callback)

/** Lays TLS over a connection, and calls back when the handshake is over. */
function handshake(socket: Socket, request: Request, done: Callback): void {
  const { hostname, host, servername, allowH2 } = request
  const name = hostname ?? host ?? ''
  let called = false
  const once: Callback = (error, secured) => {
    if (called) return
    called = true
    done(error, secured)
  }
  try {
    const secured = process.getBuiltinModule('node:tls').connect({
      ...(request as TlsConnectionOptions),
      ALPNProtocols: request.ALPNProtocols ?? (allowH2 === true ? ['http/1.1', 'h2'] : ['http/1.1']),
      host: name,
      servername: servername ?? (parseAddress(name) === undefined ? name : ''),
      socket,
    })
    // Kept after the handshake: the program adds its own listeners to the socket it is called back with.
    secured.on('error', (error) => once(error, null))
    secured.once('secureConnect', () => once(null, secured))
  } catch (error) {
    socket.destroy()
    process.nextTick(once, error, null)
  }
}
