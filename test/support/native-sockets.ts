// Sockets of the addon itself, for tests of the parts below the public face.
import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { onTestFinished } from 'vitest'
import { type Native, type NativeDatagrams, type NativeSocket, native } from '../../lib/binding/native.ts'

/** The whole addon, as Linux has it. */
export const addon = native as Native & NativeDatagrams

/** A number of the C headers. */
export function constant(name: string): number {
  const value = native.constants[name]
  if (value === undefined) throw new Error(`the addon has no constant ${name}`)
  return value
}

export const AF_UNIX = constant('AF_UNIX')
export const AF_INET = constant('AF_INET')
export const AF_INET6 = constant('AF_INET6')
export const SOCK_STREAM = constant('SOCK_STREAM')
export const SOCK_DGRAM = constant('SOCK_DGRAM')

/** The errno of a call that throws or answers it. */
export const EBADF = 9

/** An open socket, closed with the test. */
export function socketOf(family: number, type = SOCK_DGRAM, protocol = 0): NativeSocket {
  const socket = new native.Socket()
  const errno = socket.open(family, type, protocol)
  if (errno !== 0) throw new Error(`socket: errno ${errno}`)
  onTestFinished(() => (socket.fd < 0 ? undefined : closed(socket)))
  return socket
}

export const closed = (socket: NativeSocket): Promise<void> => new Promise((resolve) => socket.close(resolve))

export interface Bound {
  readonly fd: number
  readonly address: string
  readonly port: number
}

/** A datagram socket of IPv4 or IPv6, bound to an address. */
export function boundTo(address: string): Bound {
  const family = address.includes(':') ? AF_INET6 : AF_INET
  const { fd } = socketOf(family)
  const errno = native.bind(fd, family, { address, port: 0 })
  if (errno !== 0) throw new Error(`bind: errno ${errno}`)
  return { fd, ...(native.localAddress(fd) as { address: string; port: number }) }
}

/** Sets an option by its numbers and its C type. */
export function setOption(fd: number, level: string, name: string | number, value: unknown, ctype = 'int'): void {
  const number = typeof name === 'number' ? name : constant(name)
  const outcome = native.option(constant(level), number, native.codecs[ctype] as number, false).set(fd, value)
  if (outcome !== undefined) throw new Error(`setsockopt ${name}: outcome ${outcome}`)
}

/** Sends datagrams from one socket to a bound one. */
export function sendTo(from: number, to: { address: string; port: number }, ...datagrams: Uint8Array[]): void {
  const sent = addon.sendDatagrams(
    from,
    datagrams,
    0,
    datagrams.length,
    1,
    addon.encodeSockaddr(to.address, to.port),
    undefined,
  )
  if (sent !== datagrams.length) throw new Error(`${sent} of ${datagrams.length} datagrams were sent`)
}

/** Waits until nothing refers to what was left behind: the collector runs, and then what it hands back. */
export async function collect(): Promise<void> {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  for (let round = 0; round < 4; round++) {
    gc()
    await setImmediate()
  }
}

/** What is thrown, whatever it is. */
export function thrownBy(call: () => unknown): unknown {
  try {
    call()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}
