// ICMP echo requests to a group or a host, and the hosts that answer.

import { setTimeout } from 'node:timers/promises'
import { type MessageSocket, openSocket, type ReturnedError, SocketOptionError } from '../../../index.ts'
import { isIpv6 } from '../../../net/address.ts'
import { IP_TTL, IPV6_UNICAST_HOPS, SO_BINDTODEVICE, SO_BROADCAST } from '../../../options/index.ts'
import { decodeEcho, encodeEchoRequest, withoutIpv4Header } from '../../../protocols/icmp-echo.ts'
import { isMalformed } from '../../../protocols/malformed.ts'
import { explainNoRoute } from '../../shell/explain-no-route.ts'
import { Failure } from '../../shell/failure.ts'
import { isBroadcast } from '../../shell/host.ts'
import { findInterface, interfaceLabel } from '../../shell/interface-option.ts'
import { mustHaveCome } from '../../shell/nothing-came.ts'
import { createReturnedErrors } from '../../shell/returned-errors.ts'
import type { Run } from '../../shell/run.ts'
import type { PingOptions } from './ping-options.ts'
import { createPingReport } from './report.ts'

const ICMP_PROTOCOL = { 4: 1, 6: 58 } as const
const ICMP_REDIRECT = 5

interface EchoSocket {
  readonly socket: MessageSocket
  readonly raw: boolean
  /** The identifier in our requests, and so in the answers to us. */
  readonly identifier: number
}

/** Opens an unprivileged ICMP socket if the kernel allows that, else a raw one. icmp(7) */
async function openEchoSocket(target: PingTarget): Promise<EchoSocket> {
  const family = isIpv6(target.address) ? 6 : 4
  const open = async (type: 'dgram' | 'raw'): Promise<MessageSocket> => {
    const opened = await openSocket({
      family: family === 6 ? 'ipv6' : 'ipv4',
      type,
      protocol: ICMP_PROTOCOL[family],
      options: target.isGroup ? [] : hostSettings(target),
      bind: {},
    })
    return opened.toMessageSocket({ ancillary: { hopLimit: true }, returnedErrors: !target.isGroup })
  }
  try {
    const socket = await open('dgram')
    return { socket, raw: false, identifier: socket.address.port }
  } catch (error) {
    if (!isRefused(error)) throw error
  }
  try {
    return { socket: await open('raw'), raw: true, identifier: process.pid & 0xffff }
  } catch (error) {
    if (!isRefused(error)) throw error
    throw new Failure('ICMP needs CAP_NET_RAW, or a group of yours in the sysctl net.ipv4.ping_group_range')
  }
}

const isRefused = (error: unknown): boolean =>
  error instanceof SocketOptionError && (error.reason === 'permission' || error.reason === 'unsupported')

/** Whom to ping. */
export interface PingTarget {
  readonly address: string
  readonly isGroup: boolean
  readonly interface: string | number | undefined
  readonly hops: number | undefined
}

function hostSettings({ address, interface: on, hops }: PingTarget): never[] {
  return [
    [SO_BROADCAST, isBroadcast(address)],
    ...(on === undefined ? [] : [[SO_BINDTODEVICE, findInterface(on).name]]),
    ...(hops === undefined ? [] : [[isIpv6(address) ? IPV6_UNICAST_HOPS : IP_TTL, hops]]),
  ] as never[]
}

/** Sends ICMP echo requests to a group or a host, and prints the answers. False if ICMP errors were all that came. */
export async function pingByIcmp({ out, stop }: Run, target: PingTarget, options: PingOptions): Promise<boolean> {
  const { address, isGroup } = target
  const family = isIpv6(address) ? 6 : 4
  const { socket, raw, identifier } = await openEchoSocket(target)
  const asksMany = isGroup || isBroadcast(address)
  const over = new AbortController()
  const end = AbortSignal.any([stop, over.signal])
  const answers = createPingReport(out)
  const sentAt = new Map<number, bigint>()
  const payload = Buffer.alloc(options.size, 'sockctl ')
  const errors = createReturnedErrors(out, address)
  const untold = new Set<number>()
  let asked = 0

  /** The last request to a host needs no more patience once its answer or an error is there. */
  const told = (sequence: number): void => {
    untold.delete(sequence)
    if (!asksMany && asked === options.count && untold.size === 0) over.abort()
  }
  socket.on('returned-error', (error: ReturnedError) => {
    // A redirect is no error: the router has sent the request on.
    if (error.origin === 'icmp' && error.icmpType === ICMP_REDIRECT) return
    const request = decodeEcho(family, error.payload)
    // A raw socket gets the errors of all that this host pings.
    if (request === undefined || isMalformed(request) || request.identifier !== identifier) return
    if (!sentAt.has(request.sequence)) return
    errors.add(error)
    told(request.sequence)
  })

  const ask = async (): Promise<void> => {
    for (let sent = 0; sent < options.count && !end.aborted; sent++) {
      const sequence = (sent + 1) & 0xffff
      const request = encodeEchoRequest(family, { identifier, sequence, payload })
      untold.add(sequence)
      asked = sent + 1
      sentAt.set(sequence, process.hrtime.bigint())
      await socket.send(request, { address })
      answers.asked()
      const wait = sent + 1 === options.count ? options.wait : options.interval
      await setTimeout(wait, undefined, { signal: end }).catch(() => {})
    }
  }
  const listen = async (): Promise<void> => {
    for await (const batch of socket) {
      const now = process.hrtime.bigint()
      for (const { data, source, interfaceIndex = 0, hopLimit } of batch) {
        const bytes = raw && family === 4 ? withoutIpv4Header(data) : data
        const echo = decodeEcho(family, bytes)
        if (echo === undefined || isMalformed(echo) || echo.type !== 'reply' || echo.identifier !== identifier) continue
        const sent = sentAt.get(echo.sequence)
        if (sent === undefined) continue
        told(echo.sequence)
        answers.add({
          host: source.address,
          on: interfaceLabel(interfaceIndex),
          sequence: echo.sequence,
          milliseconds: Number(now - sent) / 1e6,
          hopLimit,
          bytes: bytes.length,
        })
      }
    }
  }
  try {
    if (isGroup) {
      if (target.interface !== undefined) await socket.control.setMulticastInterface(target.interface)
      if (target.hops !== undefined) await socket.control.setMulticastHops(target.hops)
    }
    const listening = listen()
    listening.catch(() => {})
    await ask()
    await socket.close()
    await listening
  } catch (error) {
    throw target.interface === undefined ? explainNoRoute(error, address) : error
  } finally {
    await socket.close()
  }
  const hosts = answers.end()
  if (hosts > 0) return true
  if (errors.count > 0) return false
  const hint =
    family === 4 ? '; hosts ignore pings to groups unless their net.ipv4.icmp_echo_ignore_broadcasts is 0' : ''
  mustHaveCome(0, asksMany ? `nobody in ${address} answered${hint}` : `${address} did not answer`)
  return true
}
