// How to get at the descriptor of whatever socket a user has: Node's own classes, a number, or an object with an `fd`.

import cluster from 'node:cluster'
import type { Socket as DatagramSocket } from 'node:dgram'
import type { Server, Socket } from 'node:net'
import { whole } from '../base/check-fields.ts'
import { badValue, SocketOptionError, show } from '../base/errors.ts'

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
}

/** Where a socket keeps its owner, and what to say of a socket that has none. */
interface OwnerFinder {
  find(): DescriptorOwner | null | undefined
  readonly what: string
  readonly advice: string
}

export function handleOf(socket: SocketLike): SocketHandle {
  if (typeof socket === 'number') {
    if (!isDescriptor(socket) || socket < 0) throw notDescriptor(socket)
    const owner = { fd: socket, isBareNumber: true }
    return { owner: () => owner, fd: () => socket }
  }
  if (typeof socket !== 'object' || socket === null) throw notSocket(socket)
  const { find, what, advice } = ownerFinder(socket)
  // `fd` of a handle of Node's is a getter in C++, which costs a call: it is read once.
  return {
    owner: () => {
      const owner = find()
      if (owner == null || !(owner.fd >= 0)) throw noDescriptor(what, advice)
      return owner
    },
    fd: () => {
      const fd = find()?.fd
      if (fd === undefined || !(fd >= 0)) throw noDescriptor(what, advice)
      return fd
    },
  }
}

function ownerFinder(socket: object): OwnerFinder {
  const symbol = stateSymbol(socket)
  if (symbol !== undefined) {
    const state = (socket as Record<symbol, unknown>)[symbol] as { handle: DescriptorOwner | null }
    return {
      find: () => state.handle,
      what: 'dgram.Socket',
      advice: "bind() it and wait for 'listening'; after close() it is gone",
    }
  }
  if ('_handle' in socket) {
    const holder = socket as { _handle: DescriptorOwner | null }
    const isServer = 'listen' in socket
    return {
      find: () => holder._handle,
      what: isServer ? 'net.Server' : 'net.Socket',
      advice: isServer
        ? `listen() and wait for 'listening'${sharedByCluster}; after close() it is gone`
        : "wait for 'connect'; after 'close' it is gone",
    }
  }
  if ('fd' in socket && typeof socket.fd === 'number') return carrierFinder(socket as { readonly fd: number })
  throw notSocket(socket)
}

// dgram keeps its handle behind a symbol; `_handle` warns (DEP0112) on Node 20 and is gone since Node 25.
const stateSymbol = (socket: object): symbol | undefined =>
  Object.getOwnPropertySymbols(socket).find((symbol) => symbol.description === 'state symbol')

// In a worker of node:cluster the primary listens and has the descriptor, unless the server is exclusive.
const sharedByCluster = cluster.isWorker ? ' (in a worker of node:cluster with exclusive: true)' : ''

function carrierFinder(socket: { readonly fd: number }): OwnerFinder {
  let owner: DescriptorOwner = { fd: socket.fd, isBareNumber: true }
  return {
    find: () => {
      if (owner.fd !== socket.fd) owner = { fd: socket.fd, isBareNumber: true }
      if (!isDescriptor(owner.fd)) throw notDescriptor(owner.fd)
      return owner
    },
    what: '{ fd }',
    advice: 'its fd is negative',
  }
}

const isDescriptor = (value: number): boolean => (value | 0) === value

const notDescriptor = (given: unknown): SocketOptionError =>
  badValue(`the descriptor is ${show(given)}: ${whole(0, 2 ** 31 - 1).words} is needed`)

const notSocket = (given: unknown): TypeError =>
  new TypeError(`control takes a dgram or net socket, a descriptor or { fd }, not ${show(given)}`)

export function noDescriptor(what: string, advice: string): SocketOptionError {
  return new SocketOptionError(`this ${what} has no open descriptor: ${advice}`, {
    code: 'ERR_SOCKET_CLOSED',
    reason: 'closed',
  })
}
