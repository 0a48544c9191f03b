// Servers, lookups and endings for the tests of connections.
import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import { performance } from 'node:perf_hooks'
import type { SocketOptionError } from 'sockctl'
import { expect, onTestFinished } from 'vitest'
import { openSockets } from './descriptors.ts'

/** A port on which nobody listens. */
export const CLOSED = 9

/** A server of any address, until the test is over, that sends back what it gets. */
export async function echo(): Promise<{ port: number; server: net.Server }> {
  const server = net.createServer((socket) => socket.on('error', () => {}).pipe(socket)).listen(0, '::')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  return { server, port: (server.address() as AddressInfo).port }
}

/** A lookup that gives these addresses, and notes with what it was asked. */
export function lookupOf(...addresses: string[]) {
  const asked: unknown[] = []
  const lookup: net.LookupFunction = (host, options, callback) => {
    asked.push({ host, ...options })
    const answer = addresses.map((address) => ({ address, family: net.isIP(address) }))
    process.nextTick(callback, null, answer)
  }
  return Object.assign(lookup, { asked })
}

/** The error of a call that must fail, and the milliseconds until then. */
export async function failureOf(call: () => unknown): Promise<{ error: SocketOptionError; after: number }> {
  const before = performance.now()
  try {
    await call()
  } catch (error) {
    return { error: error as SocketOptionError, after: performance.now() - before }
  }
  throw new Error('it did not fail')
}

/** No socket is open that was not before. The other end of a connection takes a moment to close. */
export async function expectNothingOpen(before: readonly string[]): Promise<void> {
  await expect.poll(() => openSockets().filter((one) => !before.includes(one)), { interval: 5 }).toEqual([])
}

/** Ends a connection and waits until it is closed. */
export async function ended(socket: net.Socket): Promise<void> {
  const closed = once(socket, 'close')
  socket.destroy()
  await closed
}
