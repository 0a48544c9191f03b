// A server of ssmping (RFC 6450).

import { hostname } from 'node:os'
import { type Datagram, openReceiver, type Receiver } from '../../../index.ts'
import { hostPort, isIpv6, isMulticast } from '../../../net/address.ts'
import { nameOfInterface } from '../../../net/interfaces.ts'
import { IPV6_V6ONLY } from '../../../options/index.ts'
import { isMalformed } from '../../../protocols/malformed.ts'
import { PING_HOP_LIMIT } from '../../../protocols/ssmping.ts'
import { answerPing } from '../../../protocols/ssmping-server.ts'
import { sendFrom } from '../../../send/send-from-receiver.ts'
import { Failure, printWarning } from '../../shell/failure.ts'
import { findInterface } from '../../shell/interface-option.ts'
import type { Run } from '../../shell/run.ts'
import type { PingOptions } from './ping-options.ts'

const microseconds = (): bigint => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000))

/**
 * Answers every request by unicast, and to the group that the request names. Sends from the address the request was
 * sent to.
 */
export async function servePings({ out, stop }: Run, options: PingOptions): Promise<void> {
  const { port, hops: hopLimit = PING_HOP_LIMIT } = options
  const receivers: Receiver[] = []
  const close = (): Promise<unknown> => Promise.all(receivers.map((receiver) => receiver.close()))
  const through = options.interface === undefined ? undefined : findInterface(options.interface).index
  const information = `sockctl on ${hostname()}`
  let answered = 0

  const serve = async (receiver: Receiver, family: 4 | 6): Promise<void> => {
    const send = sendFrom(receiver)
    const answer = ({ data, source, destination = '', interfaceIndex = 0 }: Datagram): void => {
      if (isMulticast(destination)) return
      const found = answerPing(data, family, microseconds, { information, hopLimit })
      const on = nameOfInterface(interfaceIndex)
      if (found === undefined) return
      if (isMalformed(found)) {
        if (out.json) out.object({ event: 'malformed', source, interface: on, reason: found.malformed })
        else out.line(`${hostPort(source.address, source.port)} on ${on}: malformed: ${found.malformed}`)
        return
      }
      const { bytes, type, group } = found
      const from = { source: destination, hopLimit }
      try {
        send(bytes, source, from)
        // The client is beyond the interface its request came by, so the answer to the group goes out there too.
        if (group !== undefined)
          send(bytes, { address: group, port: source.port }, { ...from, interface: through ?? interfaceIndex })
      } catch (error) {
        printWarning(
          `no answer to ${hostPort(source.address, source.port)}: ${error instanceof Error ? error.message : error}`,
        )
        return
      }
      answered++
      if (out.json) out.object({ event: 'answered', source, interface: on, type, group })
      else
        out.line(
          `${hostPort(source.address, source.port)} on ${on}: ${type}${group === undefined ? '' : `, to ${group} too`}`,
        )
    }
    for await (const batch of receiver) {
      for (const datagram of batch) {
        answer(datagram)
        if (answered === options.answers) {
          void close()
          return
        }
      }
      await out.drained()
    }
  }

  const timer = options.duration === undefined ? undefined : setTimeout(close, options.duration)
  try {
    receivers.push(await openReceiver({ port, family: 'ipv4', signal: stop }))
    receivers.push(await openReceiver({ port, family: 'ipv6', options: [[IPV6_V6ONLY, true]], signal: stop }))
    if (out.json) out.object({ event: 'listening', port })
    else out.line(`answering pings to port ${port}`)
    await Promise.all(receivers.map((receiver) => serve(receiver, isIpv6(receiver.address.address) ? 6 : 4)))
  } finally {
    clearTimeout(timer)
    await close()
  }
  if (out.json) out.object({ event: 'summary', answered })
  else out.line(`${answered} messages answered`)
  if (options.answers !== undefined && answered < options.answers && !stop.aborted)
    throw new Failure(`only ${answered} of ${options.answers} requests came`)
}
