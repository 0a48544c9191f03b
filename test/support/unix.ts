// MessageSockets of Unix sockets, closed with the test, and what /proc says of descriptors.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { type Datagram, type MessageSocket, type MessageSocketOptions, openSocket, socketPair } from 'sockctl'
import { onTestFinished } from 'vitest'

export type UnixSocket = MessageSocket<'unix'>
type UnixSettings = NonNullable<Parameters<typeof openSocket<'unix'>>[0]['options']>

/** A Unix datagram socket; without a path it has no name. */
export async function unixSocket(
  path?: string,
  options: MessageSocketOptions = {},
  settings: UnixSettings = [],
): Promise<UnixSocket> {
  const bind = path === undefined ? {} : { bind: { path } }
  const owned = await openSocket({ family: 'unix', type: 'dgram', options: settings, ...bind })
  const socket = owned.toMessageSocket(options)
  onTestFinished(() => socket.close())
  return socket
}

/** Two Unix sockets that are connected to each other. The second one has the options. */
export async function messagePair(
  options: MessageSocketOptions = {},
  type: 'dgram' | 'seqpacket' = 'dgram',
): Promise<[UnixSocket, UnixSocket]> {
  const [one, other] = await socketPair(type)
  const sockets: [UnixSocket, UnixSocket] = [one.toMessageSocket(), other.toMessageSocket(options)]
  for (const socket of sockets) onTestFinished(() => socket.close())
  return sockets
}

/** The next message, and no other with it. */
export async function only(socket: UnixSocket): Promise<Datagram<'unix'>> {
  const batch = await socket.receive({ signal: AbortSignal.timeout(5000) })
  const [message] = batch
  if (message === undefined || batch.length > 1) throw new Error(`${batch.length} messages came, and not one`)
  return message
}

/** Messages until there are so many. */
export async function receiveAll(socket: UnixSocket, count: number): Promise<Datagram<'unix'>[]> {
  const all: Datagram<'unix'>[] = []
  while (all.length < count) all.push(...(await socket.receive({ signal: AbortSignal.timeout(5000) })))
  return all
}

/** The name that /proc has for a descriptor: a path, or `socket:[12345]`. */
export const nameOf = (fd: number): string => readlinkSync(`/proc/self/fd/${fd}`)

/** How many descriptors of this process are open of one file or socket. */
export const countOf = (name: string): number =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return nameOf(Number(fd)) === name
    } catch {
      // The directory's own descriptor is closed by now.
      return false
    }
  }).length

/** A line of /proc/self/fdinfo of a descriptor. */
export const fdinfo = (fd: number, line: string): string | undefined =>
  new RegExp(`^${line}:\\s*(.*)$`, 'm').exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1]

/** Whether a descriptor closes on exec: O_CLOEXEC is 02000000. */
export const closesOnExec = (fd: number): boolean => (Number.parseInt(fdinfo(fd, 'flags') ?? '', 8) & 0o2000000) !== 0
