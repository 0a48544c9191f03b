// How to get at the descriptor of whatever socket a user has: Node's own classes, a number, or an object with an `fd`.

import type { Socket as DatagramSocket } from 'node:dgram'
import type { Server, Socket } from 'node:net'
import { whole } from '../base/check-fields.ts'
import { badValue, SocketOptionError, show, wrongType } from '../base/errors.ts'
import { isClusterWorker } from '../base/is-cluster-worker.ts'
import { runtime } from '../base/runtime.ts'
import { denoOwner } from './deno-owner.ts'

/** What `control` takes: a socket of Node's, a descriptor, or anything that carries one. TLS sockets are net.Sockets. */
export type SocketLike = DatagramSocket | Socket | Server | number | { readonly fd: number }

/** The object whose life is the descriptor's: as long as a socket has the same owner, its descriptor is the same socket. */
export interface DescriptorOwner {
  readonly fd: number
  /** A bare number: we can't see it close, and the kernel may reuse it between two calls. */
  readonly isBareNumber?: boolean
}

/** How to get at a socket's descriptor, now and later. Both throw ERR_SOCKET_CLOSED if no descriptor is open. */
export interface SocketHandle {
  owner(): DescriptorOwner
  fd(): number
  /** Calls back once the socket is closed, if that can be seen. */
  onClose?(listener: () => void): void
}

export function handleOf(socket: SocketLike): SocketHandle {
  if (typeof socket === 'number') return numberHandle(socket)
  if (typeof socket === 'object' && socket !== null) {
    const symbol = stateSymbol(socket)
    if (symbol !== undefined)
      return { ...dgramHandle((socket as Record<symbol, unknown>)[symbol] as DgramState), onClose: onCloseOf(socket) }
    // Read, since the socket of an http2 session is a Proxy that says nothing of what it has.
    if (handleIn(socket) !== undefined) return { ...netHandle(socket), onClose: onCloseOf(socket) }
    if ('fd' in socket && typeof socket.fd === 'number') return carrierHandle(socket as { readonly fd: number })
  }
  throw wrongType(`control takes a dgram or net socket, a descriptor or { fd }, not ${show(socket)}`)
}

const onCloseOf =
  (socket: object) =>
  (listener: () => void): void =>
    void (socket as Socket).once('close', listener)

function numberHandle(fd: number): SocketHandle {
  if (!isDescriptor(fd) || fd < 0) throw notDescriptor(fd)
  const owner = { fd, isBareNumber: true }
  return { owner: () => owner, fd: () => fd }
}

// dgram keeps its handle behind a symbol; `_handle` warns (DEP0112) on Node 20 and is gone since Node 25.
const IN_DENO = runtime === 'Deno'
const STATE = IN_DENO ? 'kStateSymbol' : 'state symbol'
const stateSymbol = (socket: object): symbol | undefined =>
  Object.getOwnPropertySymbols(socket).find((symbol) => symbol.description === STATE)

interface DgramState {
  readonly handle: DescriptorOwner | null
}

// The `fd` of Node's handles is a getter in C++, and each reading is a call: `fd()` and `owner()` read it once. In Deno
// another object than the handle owns the descriptor.
function dgramHandle(state: DgramState): SocketHandle {
  const notOpen = () => noDescriptor('dgram.Socket', "bind() it and wait for 'listening'; after close() it is gone")
  return {
    owner: () => {
      const owner = IN_DENO ? denoOwner(state.handle) : state.handle
      if (owner === null || !(owner.fd >= 0)) throw notOpen()
      return owner
    },
    fd: () => {
      const fd = (IN_DENO ? denoOwner(state.handle) : state.handle)?.fd ?? -1
      if (!(fd >= 0)) throw notOpen()
      return fd
    },
  }
}

interface NetSocket {
  readonly _handle: DescriptorOwner | null
  readonly connecting?: boolean
}

/** The handle of a net.Socket or net.Server; null if there is none now, undefined if the object has no such property. */
function handleIn(socket: object): DescriptorOwner | null | undefined {
  try {
    return (socket as Partial<NetSocket>)._handle
  } catch {
    // The socket of an http2 session that has ended.
    return null
  }
}

function netHandle(socket: object): SocketHandle {
  const notOpen = () => {
    if ('listen' in socket)
      return noDescriptor(
        'net.Server',
        `listen() and wait for 'listening'${sharedByCluster()}; after close() it is gone`,
      )
    const isOpen = (handleIn(socket) ?? null) !== null && (socket as Partial<NetSocket>).connecting !== true
    return isOpen
      ? noDescriptor(
          'socket',
          'it runs over a stream that is no socket of this process, so the kernel has no options for it; take the socket below, if there is one',
        )
      : noDescriptor('net.Socket', "wait for 'connect'; after 'close' it is gone")
  }
  return {
    owner: () => {
      const handle = handleIn(socket) ?? null
      const owner = IN_DENO ? denoOwner(handle) : handle
      if (owner === null || !(owner.fd >= 0)) throw notOpen()
      return owner
    },
    fd: () => {
      const handle = handleIn(socket) ?? null
      const fd = (IN_DENO ? denoOwner(handle) : handle)?.fd ?? -1
      if (!(fd >= 0)) throw notOpen()
      return fd
    },
  }
}

// In a worker of node:cluster the primary listens and has the descriptor, unless the server is exclusive.
const sharedByCluster = (): string => (isClusterWorker() ? ' (in a worker of node:cluster with exclusive: true)' : '')

function carrierHandle(socket: { readonly fd: number }): SocketHandle {
  let known: DescriptorOwner = { fd: socket.fd, isBareNumber: true }
  const owner = (): DescriptorOwner => {
    const { fd } = socket
    if (known.fd !== fd) known = { fd, isBareNumber: true }
    if (!isDescriptor(known.fd)) throw notDescriptor(known.fd)
    if (known.fd < 0) throw noDescriptor('{ fd }', 'its fd is negative')
    return known
  }
  return { owner, fd: () => owner().fd }
}

const isDescriptor = (value: unknown): boolean => typeof value === 'number' && (value | 0) === value

const notDescriptor = (given: unknown): SocketOptionError =>
  badValue(`the descriptor is ${show(given)}: ${whole(0, 2 ** 31 - 1).words} is needed`)

export function noDescriptor(what: string, advice: string): SocketOptionError {
  return new SocketOptionError(`this ${what} has no open descriptor: ${advice}`, {
    code: 'ERR_SOCKET_CLOSED',
    reason: 'closed',
  })
}
