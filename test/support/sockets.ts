import dgram from 'node:dgram'
import { once } from 'node:events'
import { readFileSync, readlinkSync } from 'node:fs'
import net from 'node:net'
import { control, type SocketControl, type SocketLike } from 'sockctl'
import { afterEach } from 'vitest'

/** A socket for tests of options: open, on loopback, closed when disposed of. */
export interface OpenSocket extends AsyncDisposable {
  readonly socket: SocketLike
}

async function udp(family: 4 | 6): Promise<OpenSocket> {
  const socket = dgram.createSocket(`udp${family}`).bind(0, family === 4 ? '127.0.0.1' : '::1')
  await once(socket, 'listening')
  return { socket, [Symbol.asyncDispose]: () => new Promise((resolve) => socket.close(resolve)) }
}

export async function listen(host: string, server: net.Server = net.createServer()): Promise<net.Server> {
  server.listen(0, host)
  await once(server, 'listening')
  return server
}

export const closed = (server: net.Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()))

/** A connected pair: `socket` is the client's side. */
async function tcp(host: string): Promise<OpenSocket> {
  const server = await listen(host)
  const accepted = once(server, 'connection')
  const socket = net.connect((server.address() as net.AddressInfo).port, host)
  await once(socket, 'connect')
  const [peer] = (await accepted) as [net.Socket]
  return {
    socket,
    async [Symbol.asyncDispose]() {
      for (const side of [socket, peer]) side.on('error', () => {}).destroy()
      await closed(server)
    },
  }
}

async function listener(host: string): Promise<OpenSocket> {
  const socket = await listen(host)
  return { socket, [Symbol.asyncDispose]: () => closed(socket) }
}

async function unix(): Promise<OpenSocket> {
  const server = net.createServer().listen(`\0sockctl-${process.pid}-${opened++}`)
  await once(server, 'listening')
  const accepted = once(server, 'connection')
  const socket = net.connect(server.address() as string)
  const [peer] = (await accepted) as [net.Socket]
  return {
    socket,
    async [Symbol.asyncDispose]() {
      for (const side of [socket, peer]) side.on('error', () => {}).destroy()
      await closed(server)
    },
  }
}

let opened = 0

const KINDS = {
  /** dgram, bound to loopback. */
  udp4: () => udp(4),
  udp6: () => udp(6),
  /** The client of a connection. */
  tcp4: () => tcp('127.0.0.1'),
  tcp6: () => tcp('::1'),
  /** The client of a connection between Unix sockets. */
  unix,
  /** A listening server. */
  listener4: () => listener('127.0.0.1'),
  listener6: () => listener('::1'),
}

export type SocketKind = keyof typeof KINDS

/** Opens a socket of a kind; a new kind is one line in the table above. */
export function openKind(kind: SocketKind): Promise<OpenSocket> {
  return KINDS[kind]()
}

/** The local port of a descriptor of this process, as the kernel lists it, and not as Node or sockctl remember it. */
export function portOf(fd: number): number | undefined {
  const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1]
  for (const table of ['udp', 'udp6', 'tcp', 'tcp6']) {
    for (const line of readFileSync(`/proc/self/net/${table}`, 'utf8').split('\n').slice(1)) {
      const columns = line.trim().split(/\s+/)
      if (columns[9] === inode) return Number.parseInt(columns[1]?.split(':')[1] ?? '', 16)
    }
  }
  return undefined
}

const anonymous = { ciphers: 'AECDH-AES128-SHA:@SECLEVEL=0', maxVersion: 'TLSv1.2' } as const

/**
 * Options for TLS between two sockets of a test, without certificates. Plain data, so that child processes can get it.
 */
export const withoutCertificate = { server: anonymous, client: { ...anonymous, rejectUnauthorized: false } } as const

/** Opens UDP sockets on any port, to join groups with; the end of each test closes them. */
export function udpControls(): (type: 'udp4' | 'udp6') => Promise<SocketControl> {
  const open: dgram.Socket[] = []
  afterEach(() => {
    for (const socket of open.splice(0)) socket.close()
  })
  return async (type) => {
    const socket = dgram.createSocket(type).bind(0)
    open.push(socket)
    await once(socket, 'listening')
    return control(socket)
  }
}
