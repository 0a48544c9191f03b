// Turns a descriptor into a dgram.Socket, a net.Socket or a net.Server.

import type dgram from 'node:dgram'
import type net from 'node:net'
import { mustKnow } from '../base/check-fields.ts'
import { badValue, SocketOptionError, show, wrongType } from '../base/errors.ts'
import { isClusterWorker } from '../base/is-cluster-worker.ts'
import { runtime, unsupportedByRuntime } from '../base/runtime.ts'
import { native } from '../binding/native.ts'
import { explainSocket } from '../calls/explain-socket.ts'
import type { DescriptorOwner } from '../calls/socket-handle.ts'
import type { SocketControl } from '../control/control.ts'
import { isIpv6 } from '../net/address.ts'
import type { Family } from '../net/socket-address.ts'
import { SO_REUSEADDR, SO_REUSEPORT } from '../options/table/socket.ts'
import { actOnIpv6 } from './fix-dgram-udp6.ts'
import { DEFAULT_BACKLOG, type SocketPlan } from './socket-spec.ts'

interface Address {
  readonly address: string
  readonly port: number
}

const remoteOf = (fd: number): Address | undefined => quietly(() => native.remoteAddress(fd) as Address)

function portOf(fd: number, family: Family): number {
  try {
    return (native.localAddress(fd) as Address).port
  } catch (error) {
    throw typeof error === 'number' ? explainSocket('getsockname', 'getsockname', error, family) : error
  }
}

/** Turns Node's error for a descriptor that it can't take into a SocketOptionError. */
function taken<T>(what: string, take: () => T): T {
  try {
    return take()
  } catch (error) {
    if (runtime !== 'Node') throw unsupportedByRuntime(`a ${what} of a descriptor`, (error as Error).message)
    throw new SocketOptionError(`${what} does not take the descriptor: ${(error as Error).message}`, {
      code: (error as { code?: string }).code ?? 'ERR_INVALID_FD',
      reason: 'system',
    })
  }
}

/** The options of dgram.createSocket that still make sense for a bound descriptor. */
export type DatagramOptions = Omit<
  dgram.SocketOptions,
  'type' | 'reuseAddr' | 'reusePort' | 'ipv6Only' | 'recvBufferSize' | 'sendBufferSize'
>

/** Options that dgram would set too late, or set in bind() and then throw; and the socket option to set in openSocket. */
const OPTION_INSTEAD: Record<string, string> = {
  reuseAddr: 'SO_REUSEADDR',
  reusePort: 'SO_REUSEPORT',
  ipv6Only: 'IPV6_V6ONLY',
  recvBufferSize: 'SO_RCVBUF',
  sendBufferSize: 'SO_SNDBUF',
}

/**
 * `passed` is called when dgram has taken the descriptor: whatever fails from then on closes dgram's socket, and the
 * descriptor with it.
 */
export function asDatagram(
  { fd }: DescriptorOwner,
  control: SocketControl,
  { family, numbers, bind }: SocketPlan,
  options: DatagramOptions,
  passed: () => void,
): dgram.Socket {
  for (const [key, option] of Object.entries(OPTION_INSTEAD))
    if (key in options) throw badValue(`toDatagram takes no ${key}: set ${option} in openSocket's options`)
  mustKnow(['lookup', 'signal', 'receiveBlockList', 'sendBlockList'], options, 'toDatagram')
  const before = [SO_REUSEADDR, SO_REUSEPORT]
    .filter(({ supported }) => supported)
    .map((option) => [option, control.getSync(option)] as const)
  const putBack = (): void => {
    for (const [option, value] of before) control.setSync(option, value)
  }
  // Once before dgram has the descriptor: if the kernel refuses these options, nothing has happened yet.
  putBack()
  const peer = remoteOf(fd)
  const port = portOf(fd, family)
  let connecting = true
  const socket = process.getBuiltinModule('node:dgram').createSocket({
    ...withLookup(options, () => connecting),
    type: family === 'ipv6' ? 'udp6' : 'udp4',
  })
  // dgram sends without an address only on a socket it has connected itself, and libuv refuses to connect a connected one.
  // So the socket is disconnected, which loses a port that the kernel had chosen, and bound and connected again at once:
  // datagrams of others have no time to arrive.
  const reconnect = (): void => {
    if (peer === undefined) return
    // The kernel keeps a port that was asked for, and then refuses this bind, harmlessly.
    native.bind(fd, numbers.family, { address: family === 'ipv6' ? '::' : '0.0.0.0', ...bind?.raw, port })
    native.connect(fd, numbers.family, peer)
  }
  if (peer !== undefined) native.disconnect(fd)
  try {
    taken('dgram.Socket', () => socket.bind({ fd, exclusive: true }))
  } catch (error) {
    reconnect()
    quietly(() => socket.close())
    throw error
  }
  passed()
  try {
    reconnect()
    if (peer !== undefined) socket.connect(peer.port, peer.address)
    connecting = false
    // libuv sets SO_REUSEADDR, which lets other sockets take over the address; the options of openSocket decide that.
    putBack()
    if (family === 'ipv6') actOnIpv6(socket, control)
  } catch (error) {
    socket.close()
    throw error
  }
  // bind() has emitted 'listening' already, before a listener could be added.
  process.nextTick(() => {
    if (quietly(() => control.fd) === fd) socket.emit('listening')
  })
  return socket
}

/** The peer is given by address: the program's own lookup, which may throw, is not called for the peer. */
function withLookup(options: DatagramOptions, isKnown: () => boolean): DatagramOptions {
  const { lookup, ...rest } = options
  if (typeof lookup !== 'function') return options
  const own: typeof lookup = (host, how, answer) => {
    if (isKnown()) process.nextTick(answer, null, host, isIpv6(host) ? 6 : 4)
    else lookup(host, how, answer)
  }
  return { ...rest, lookup: own }
}

function quietly<T>(action: () => T): T | undefined {
  try {
    return action()
  } catch {
    return undefined
  }
}

export function asStream(
  { fd }: DescriptorOwner,
  { backlog, connect }: SocketPlan,
  options: Omit<net.SocketConstructorOpts, 'fd' | 'readable' | 'writable'>,
): net.Socket {
  if (backlog !== undefined) throw badValue('this socket listens: it can become a net.Server, with toServer()')
  if (connect === undefined) throw badValue('this socket is not connected: name what to `connect` to in openSocket')
  mustKnow(['allowHalfOpen', 'onread', 'signal', 'highWaterMark', 'blockList'], options, 'toStream')
  if (options.signal !== undefined && !(options.signal instanceof AbortSignal))
    throw wrongType(`signal is ${show(options.signal)}: an AbortSignal is needed`)
  const socket = taken(
    'net.Socket',
    () => new (process.getBuiltinModule('node:net').Socket)({ ...options, fd, readable: true, writable: true }),
  )
  // Bun makes a socket that neither reads nor writes.
  if ((socket as { _handle?: unknown })._handle === null)
    throw unsupportedByRuntime(
      'a net.Socket of a descriptor',
      'connect with node:net, and set options by control(socket)',
    )
  return socket
}

const SERVER_OPTIONS = [
  'allowHalfOpen',
  'pauseOnConnect',
  'noDelay',
  'keepAlive',
  'keepAliveInitialDelay',
  'highWaterMark',
  'blockList',
]

export function asServer(
  { fd }: DescriptorOwner,
  backlog: number | undefined,
  options: net.ServerOpts,
  onConnection: ((socket: net.Socket) => void) | undefined,
): net.Server {
  mustKnow(SERVER_OPTIONS, options, 'toServer')
  if (remoteOf(fd) !== undefined)
    throw badValue('this socket is connected: it can become a net.Socket, with toStream()')
  if (isClusterWorker())
    throw new SocketOptionError(
      'in a worker of node:cluster, server.listen({ fd }) asks the primary, where this number is another descriptor: ' +
        'use worker_threads or child_process, and SO_REUSEPORT to share the port',
      { code: 'ERR_UNSUPPORTED', reason: 'unsupported' },
    )
  const server = process.getBuiltinModule('node:net').createServer(options, onConnection)
  taken('net.Server', () => server.listen({ fd }, backlog ?? DEFAULT_BACKLOG))
  // Node reads 0 as "none given".
  if (backlog === 0) native.listen(fd, 0)
  return server
}
