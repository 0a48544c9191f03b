import cluster from 'node:cluster'
import type { Socket as DatagramSocket } from 'node:dgram'
import type { Server, Socket } from 'node:net'
import { badValue, SocketOptionError, show } from '../base/errors.ts'

/** What `control` takes: a socket of Node's, a descriptor, or anything that carries one. TLS sockets are net.Sockets. */
export type SocketLike = DatagramSocket | Socket | Server | number | { readonly fd: number }

/** What holds a descriptor for as long as it is open. While it is the same object, it is the same socket. */
export interface DescriptorOwner {
  readonly fd: number
  /** Not ours to know when it is closed: its number may be another socket's from one call to the next. */
  readonly isBareNumber?: boolean
}

type Bag = Record<PropertyKey, unknown>

// dgram keeps its handle behind a symbol; `_handle` warns (DEP0112) on Node 20 and is gone since Node 25.
const stateSymbol = (socket: object): symbol | undefined =>
  Object.getOwnPropertySymbols(socket).find((symbol) => symbol.description === 'state symbol')

export function closed(what: string, advice: string): SocketOptionError {
  return new SocketOptionError(`this ${what} has no open descriptor: ${advice}`, {
    code: 'ERR_SOCKET_CLOSED',
    reason: 'closed',
  })
}

const isDescriptor = (value: number): boolean => (value | 0) === value

const notDescriptor = (given: unknown): SocketOptionError =>
  badValue(`the descriptor is ${show(given)}: a whole number from 0 to 2147483647 is needed`)

/** How to reach a socket's descriptor, now and later. Both throw ERR_SOCKET_CLOSED where there is none. */
export interface SocketHandle {
  owner(): DescriptorOwner
  fd(): number
}

export function handleOf(socket: SocketLike): SocketHandle {
  if (typeof socket === 'number') {
    if (!isDescriptor(socket) || socket < 0) throw notDescriptor(socket)
    const owner = { fd: socket, isBareNumber: true }
    return { owner: () => owner, fd: () => socket }
  }
  if (typeof socket !== 'object' || socket === null)
    throw new TypeError(`control takes a dgram or net socket, a descriptor or { fd }, not ${show(socket)}`)
  const find = finder(socket)
  // Each reading of a handle's `fd` is a call into Node: one is enough for a call of ours.
  const fd = (): number => {
    const number = find.owner()?.fd
    if (typeof number !== 'number' || !(number >= 0)) throw closed(find.what, find.advice)
    return number
  }
  return {
    fd,
    owner: () => {
      fd()
      return find.owner() as DescriptorOwner
    },
  }
}

// A worker's server is told of connections by the primary, which is where the descriptor is.
const sharedByCluster = cluster.isWorker ? ' (in a worker of node:cluster with exclusive: true)' : ''

interface Finder {
  owner: () => DescriptorOwner | null | undefined
  what: string
  advice: string
}

function finder(socket: object): Finder {
  const symbol = stateSymbol(socket)
  if (symbol !== undefined) {
    const state = (socket as Bag)[symbol] as { handle: DescriptorOwner | null }
    return {
      owner: () => state.handle,
      what: 'dgram.Socket',
      advice: "bind() it and wait for 'listening'; after close() it is gone",
    }
  }
  if ('_handle' in socket) {
    const owner = socket as { _handle: DescriptorOwner | null }
    const server = 'listen' in socket
    return {
      owner: () => owner._handle,
      what: server ? 'net.Server' : 'net.Socket',
      advice: server
        ? `listen() and wait for 'listening'${sharedByCluster}; after close() it is gone`
        : "wait for 'connect'; after 'close' it is gone",
    }
  }
  if ('fd' in socket && typeof socket.fd === 'number') return carrier(socket as { readonly fd: number })
  throw new TypeError(`control takes a dgram or net socket, a descriptor or { fd }, not ${show(socket)}`)
}

function carrier(socket: { readonly fd: number }): Finder {
  let owner: DescriptorOwner = { fd: socket.fd, isBareNumber: true }
  return {
    owner: () => {
      if (owner.fd !== socket.fd) owner = { fd: socket.fd, isBareNumber: true }
      if (!isDescriptor(owner.fd)) throw notDescriptor(owner.fd)
      return owner
    },
    what: '{ fd }',
    advice: 'its fd is negative',
  }
}
