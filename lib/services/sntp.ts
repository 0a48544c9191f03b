// SNTP (RFC 4330): listens to time servers that send unasked, and asks a server for the time.

import { randomInt } from 'node:crypto'
import { abortSignal, callback, checkFields, type FieldRule, whole } from '../base/check-fields.ts'
import { SocketOptionError } from '../base/errors.ts'
import type { Membership } from '../control/membership.ts'
import type { Datagram } from '../datagram/datagram.ts'
import { familyOf, hostPort, withoutZone } from '../net/address.ts'
import { hostAddress } from '../net/resolve-host.ts'
import type { Endpoint } from '../net/socket-address.ts'
import { isMalformed } from '../protocols/malformed.ts'
import {
  broadcastOffset,
  decodeNtp,
  encodeNtp,
  exchangeOffset,
  fromNtpTimestamp,
  kissOfDeath,
  type NtpLeap,
  type NtpMode,
  type NtpPacket,
  ntpProblems,
  referenceText,
  toNtpTimestamp,
} from '../protocols/sntp.ts'
import { openReceiver } from '../receive/open-receiver.ts'
import type { Receiver } from '../receive/receiver.ts'
import { LISTEN_FIELDS, type ListenOptions, openGroupListener } from './group-listener.ts'

export { kissOfDeath, type NtpLeap, type NtpMode, type NtpPacket, referenceText }

/** The UDP port of NTP. */
export const NTP_PORT = 123

/** The groups that time servers broadcast to (RFC 5905 3, IANA): IPv4's, and IPv6's from link-local to global. */
export const NTP_GROUPS: readonly string[] = [
  '224.0.1.1',
  ...['2', '3', '4', '5', '8', 'e'].map((scope) => `ff0${scope}::101`),
]

/** The time a server told. All times are in nanoseconds. */
export interface NtpTime {
  /** The address and port of the server. */
  server: Endpoint
  /** What the server sent. */
  packet: NtpPacket
  /** The server's clock when the server sent the packet, since 1970. */
  time: bigint
  /** This host's clock when the packet arrived, since 1970. */
  arrival: bigint
  /**
   * How far the server's clock is ahead of this host's. From a broadcast: too low by the time of travel, which it does
   * not tell.
   */
  offset: bigint
  /** Reasons not to trust the time (RFC 4330 5, RFC 5905 8); empty if it may be trusted. */
  problems: string[]
}

/** A packet to one of the groups, to an address of this host or to a broadcast address: `group` is whichever. */
export type NtpNotice =
  | ({ type: 'time'; interfaceIndex: number; group: string } & NtpTime)
  | { type: 'malformed'; interfaceIndex: number; group: string; server: Endpoint; reason: string }

/** Gives what servers broadcast: `for await (const notice of listener)`. Leaving the loop closes the listener. */
export interface NtpListener extends AsyncIterable<NtpNotice>, AsyncDisposable {
  /** What is joined: a membership for each group and interface. */
  readonly memberships: readonly Membership[]
  /** Leaves the groups, closes the sockets and ends the loop that listens. Never throws. */
  close(): Promise<void>
}

const now = (): bigint => BigInt(Date.now()) * 1_000_000n

function timeOf(
  packet: NtpPacket,
  { source, timestamp: arrival = now() }: Datagram,
): Omit<NtpTime, 'offset' | 'problems'> {
  return { server: source, packet, arrival, time: fromNtpTimestamp(packet.transmit, arrival) }
}

/**
 * Listens to NTP packets to the groups, to broadcast addresses and to this host. Never sets the clock.
 *
 * What is sent to this host goes to one socket alone: to one that is bound to the very address, else to the one that was bound
 * last. A time daemon that shares the port at every address does not hear it meanwhile.
 * Port 123, the default, needs CAP_NET_BIND_SERVICE, and must not be in use by a time daemon that does not share the
 * port.
 * @throws SocketOptionError if the groups can't be joined on any interface, or the port is taken
 */
export async function listenNtp(options: ListenOptions = {}): Promise<NtpListener> {
  options = checkFields(options, LISTEN_FIELDS, 'listenNtp')
  const { port = NTP_PORT, groups = NTP_GROUPS, ...rest } = options
  const listener = await openGroupListener({ port, groups, unicast: true, ancillary: { timestamp: true }, ...rest })

  const take = (datagram: Datagram): NtpNotice => {
    const { data, source: server, interfaceIndex = 0, destination: group = '' } = datagram
    const packet = decodeNtp(data)
    if (isMalformed(packet)) return { type: 'malformed', interfaceIndex, group, server, reason: packet.malformed }
    const time = timeOf(packet, datagram)
    const offset = broadcastOffset(packet.transmit, toNtpTimestamp(time.arrival))
    return { type: 'time', interfaceIndex, group, ...time, offset, problems: ntpProblems(packet) }
  }
  async function* notices(): AsyncGenerator<NtpNotice, void, undefined> {
    try {
      for await (const batch of listener.batches()) for (const datagram of batch) yield take(datagram)
    } finally {
      await listener.close()
    }
  }
  return {
    get memberships() {
      return listener.memberships
    },
    close: listener.close,
    [Symbol.asyncIterator]: notices,
    [Symbol.asyncDispose]: listener.close,
  }
}

/** What `queryNtp` takes. */
export interface NtpQueryOptions {
  /** Default 123. */
  port?: number | undefined
  /** Milliseconds to wait for the answer; default 5000. */
  timeout?: number | undefined
  /** Called for each answer that is not to be trusted, while another is waited for. */
  onUntrusted?: ((answer: NtpAnswer) => void) | undefined
  /** Gives up when aborted. */
  signal?: AbortSignal | undefined
}

const QUERY_FIELDS: Record<keyof NtpQueryOptions, FieldRule> = {
  port: whole(1, 65535),
  timeout: whole(1, 2 ** 31 - 1),
  onUntrusted: callback,
  signal: abortSignal,
}

/** A server's answer to a request. */
export interface NtpAnswer extends NtpTime {
  /** How long request and answer took to travel, in nanoseconds. */
  delay: bigint
}

/**
 * Asks a server for the time, once (RFC 4330). Never sets the clock.
 *
 * An answer that is not to be trusted, as a kiss of death, is told to `onUntrusted`, and a better one is waited for. If none comes,
 * the last of them is given, and its `problems` say why not to trust it. queryNtp blocks for up to a millisecond, to read the
 * clock finely. Linux only.
 * @param server an address or a name
 * @throws SocketOptionError code `ETIMEDOUT`, `ECONNREFUSED`, ... if no answer came
 */
export async function queryNtp(server: string, options: NtpQueryOptions = {}): Promise<NtpAnswer> {
  options = checkFields(options, QUERY_FIELDS, 'queryNtp')
  const { port = NTP_PORT, timeout = 5000, onUntrusted, signal } = options
  signal?.throwIfAborted()
  const address = await hostAddress(server)
  const receiver = await openReceiver({
    family: familyOf(address),
    unicast: true,
    ancillary: { timestamp: true },
    returnedErrors: true,
    ...(signal && { signal }),
  })
  try {
    return await askOnce(receiver, { address, port }, { timeout, onUntrusted, signal })
  } finally {
    await receiver.close()
  }
}

async function askOnce(
  receiver: Receiver,
  to: Endpoint,
  { timeout, onUntrusted, signal }: NtpQueryOptions & { timeout: number },
): Promise<NtpAnswer> {
  const name = hostPort(to.address, to.port)
  let failure = unanswered('ETIMEDOUT', `${name} did not answer in ${timeout / 1000} s`)
  let untrusted: NtpAnswer | undefined
  const end = (error: SocketOptionError): void => {
    failure = error
    void receiver.close()
  }
  receiver.on('returned-error', ({ code }) => end(unanswered(code, `${name} can't be reached (${code})`)))
  const timer = setTimeout(() => end(failure), timeout)
  try {
    // The last bits are random, so that only a host that saw the request can answer it (RFC 4330 3).
    const origin = BigInt.asUintN(64, (toNtpTimestamp(onTheTick()) & ~0xffffn) | BigInt(randomInt(0x10000)))
    await receiver.send(encodeNtp({ transmit: origin }), to)
    for await (const batch of receiver) {
      for (const datagram of batch) {
        if (!isOf(datagram, to)) continue
        const packet = decodeNtp(datagram.data)
        if (isMalformed(packet))
          failure = unanswered('EBADMSG', `${name} sent an answer that can't be read: ${packet.malformed}`)
        else if (packet.origin !== origin) failure = unanswered('EBADMSG', `${name} answered another request`)
        else {
          const time = timeOf(packet, datagram)
          const { receive, transmit } = packet
          const destination = toNtpTimestamp(time.arrival)
          const found = exchangeOffset({ origin, receive, transmit, destination })
          const answer = { ...time, ...found, problems: ntpProblems(packet, origin) }
          if (answer.problems.length === 0) return answer
          untrusted = answer
          onUntrusted?.(answer)
        }
      }
    }
  } finally {
    clearTimeout(timer)
  }
  signal?.throwIfAborted()
  if (untrusted !== undefined) return untrusted
  throw failure
}

const isOf = ({ source }: Datagram, to: Endpoint): boolean =>
  withoutZone(source.address) === withoutZone(to.address) && source.port === to.port

const unanswered = (code: string, message: string): SocketOptionError =>
  new SocketOptionError(message, { code, reason: 'system' })

/** Waits for the next millisecond to begin, and gives the time then: Node reads the clock in whole milliseconds. */
function onTheTick(): bigint {
  const before = Date.now()
  let time = Date.now()
  while (time === before) time = Date.now()
  return BigInt(time) * 1_000_000n
}
