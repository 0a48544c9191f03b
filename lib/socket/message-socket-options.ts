// The options of toMessageSocket: their checks, and the socket options they stand for.
import { abortSignal, checkFields } from '../base/check-fields.ts'
import { badValue } from '../base/errors.ts'
import { ancillarySettings, checkAncillary } from '../datagram/ancillary.ts'
import { READ_FIELDS, type ReadOptions } from '../datagram/read-options.ts'
import { isInet } from '../net/socket-address.ts'
import { IP_PKTINFO, IP_RECVERR } from '../options/table/ip.ts'
import { IPV6_RECVERR, IPV6_RECVPKTINFO } from '../options/table/ipv6.ts'
import { UDP_GRO } from '../options/table/udp.ts'
import { familiesOf, isUdp, type SocketOfKind } from './message-kind.ts'
import type { Setting } from './socket-spec.ts'

/** What toMessageSocket takes. */
export interface MessageSocketOptions extends ReadOptions {
  /** Closes the socket when aborted. */
  signal?: AbortSignal | undefined
}

/** `MessageSocketOptions`, checked, with every default filled in. */
export interface MessageSocketPlan {
  readonly batch: number
  readonly maxDatagram: number
  readonly gro: boolean
  readonly reuseBuffers: boolean
  readonly readInterval: number
  readonly settings: readonly Setting[]
  readonly signal: AbortSignal | undefined
}

export function planMessageSocket(options: MessageSocketOptions, socket: SocketOfKind): MessageSocketPlan {
  options = checkFields(options, { ...READ_FIELDS, signal: abortSignal }, 'toMessageSocket')
  const { returnedErrors, gro, signal } = options
  const ancillary = checkAncillary(options.ancillary ?? {})
  signal?.throwIfAborted()
  if (gro === true && options.maxDatagram !== undefined && options.maxDatagram !== 65535)
    throw badValue('toMessageSocket: with gro, maxDatagram is 65535: leave one of the two out')
  if (gro === true && !isUdp(socket))
    throw badValue('toMessageSocket: gro is true: only UDP sockets have it; leave it out')
  const families = familiesOf(socket)
  // On an IPv6 socket IPv4's own tells which IPv4 datagrams were broadcast.
  const settings: Setting[] = families
    .filter(isInet)
    .map((each) => [each === 'ipv6' ? IPV6_RECVPKTINFO : IP_PKTINFO, true])
  settings.push(...ancillarySettings(ancillary, families))
  if (returnedErrors === true && !isInet(socket.family))
    throw badValue('toMessageSocket: returnedErrors is true: only sockets of ipv4 and ipv6 have them; leave it out')
  if (returnedErrors !== undefined)
    for (const each of families.filter(isInet))
      settings.push([each === 'ipv6' ? IPV6_RECVERR : IP_RECVERR, returnedErrors])
  if (gro !== undefined && isUdp(socket)) settings.push([UDP_GRO, gro])
  return {
    batch: options.batch ?? 64,
    maxDatagram: options.maxDatagram ?? 65535,
    gro: gro === true,
    reuseBuffers: options.reuseBuffers === true,
    readInterval: options.readInterval ?? 0,
    settings,
    signal,
  }
}
