// ICMP echo requests to a group, and the hosts that answer.

import { setTimeout } from 'node:timers/promises'
import { openReceiver, type Receiver, SocketOptionError } from '../../../index.ts'
import { isIpv6 } from '../../../net/address.ts'
import { decodeEcho, encodeEchoRequest, withoutIpv4Header } from '../../../protocols/icmp-echo.ts'
import { isMalformed } from '../../../protocols/malformed.ts'
import { sendFrom } from '../../../send/send-from-receiver.ts'
import { explainNoRoute } from '../../shell/explain-no-route.ts'
import { Failure } from '../../shell/failure.ts'
import { interfaceLabel } from '../../shell/interface-option.ts'
import type { Run } from '../../shell/run.ts'
import type { PingOptions } from './ping-options.ts'
import { createPingReport } from './report.ts'

const ICMP_PROTOCOL = { 4: 1, 6: 58 } as const

interface EchoSocket {
  readonly receiver: Receiver
  readonly raw: boolean
  /** The identifier in our requests, and so in the answers to us. */
  readonly identifier: number
}

/** Opens an unprivileged ICMP socket if the kernel allows that, else a raw one. icmp(7) */
async function openEchoSocket(family: 4 | 6): Promise<EchoSocket> {
  const common = {
    family: family === 6 ? 'ipv6' : 'ipv4',
    protocol: ICMP_PROTOCOL[family],
    ancillary: { hopLimit: true },
  } as const
  try {
    const receiver = await openReceiver({ ...common, type: 'dgram' })
    return { receiver, raw: false, identifier: receiver.address.port }
  } catch (error) {
    if (!isRefused(error)) throw error
  }
  try {
    return { receiver: await openReceiver({ ...common, type: 'raw' }), raw: true, identifier: process.pid & 0xffff }
  } catch (error) {
    if (!isRefused(error)) throw error
    throw new Failure('ICMP needs CAP_NET_RAW, or a group of yours in the sysctl net.ipv4.ping_group_range')
  }
}

const isRefused = (error: unknown): boolean =>
  error instanceof SocketOptionError && (error.reason === 'permission' || error.reason === 'unsupported')

/** Sends ICMP echo requests to a group, and prints the answers. */
export async function pingGroup({ out, stop }: Run, group: string, options: PingOptions): Promise<void> {
  const family = isIpv6(group) ? 6 : 4
  const { receiver, raw, identifier } = await openEchoSocket(family)
  const over = new AbortController()
  const end = AbortSignal.any([stop, over.signal])
  const answers = createPingReport(out)
  const sentAt = new Map<number, bigint>()
  const payload = Buffer.alloc(options.size, 'sockctl ')

  const ask = async (): Promise<void> => {
    const send = sendFrom(receiver)
    for (let sent = 0; sent < options.count && !end.aborted; sent++) {
      const sequence = (sent + 1) & 0xffff
      sentAt.set(sequence, process.hrtime.bigint())
      // As the port, a raw ICMPv6 socket takes only the number of its protocol.
      send(encodeEchoRequest(family, { identifier, sequence, payload }), {
        address: group,
        port: ICMP_PROTOCOL[family],
      })
      answers.asked()
      const wait = sent + 1 === options.count ? options.wait : options.interval
      await setTimeout(wait, undefined, { signal: end }).catch(() => {})
    }
  }
  const listen = async (): Promise<void> => {
    for await (const batch of receiver) {
      const now = process.hrtime.bigint()
      for (const { data, source, interfaceIndex = 0, hopLimit } of batch) {
        const bytes = raw && family === 4 ? withoutIpv4Header(data) : data
        const echo = decodeEcho(family, bytes)
        if (echo === undefined || isMalformed(echo) || echo.type !== 'reply' || echo.identifier !== identifier) continue
        const asked = sentAt.get(echo.sequence)
        if (asked === undefined) continue
        answers.add({
          host: source.address,
          on: interfaceLabel(interfaceIndex),
          sequence: echo.sequence,
          milliseconds: Number(now - asked) / 1e6,
          hopLimit,
          bytes: bytes.length,
        })
      }
    }
  }
  try {
    if (options.interface !== undefined) await receiver.control.setMulticastInterface(options.interface)
    if (options.hops !== undefined) await receiver.control.setMulticastHops(options.hops)
    const listening = listen()
    listening.catch(() => {})
    await ask()
    await receiver.close()
    await listening
  } catch (error) {
    throw options.interface === undefined ? explainNoRoute(error, group) : error
  } finally {
    await receiver.close()
  }
  const hosts = answers.end()
  if (hosts > 0 || stop.aborted) return
  const hint =
    family === 4 ? '; hosts ignore pings to groups unless their net.ipv4.icmp_echo_ignore_broadcasts is 0' : ''
  throw new Failure(`nobody in ${group} answered${hint}`)
}
