// A server of ssmping (RFC 6450).

import { hostname } from 'node:os'
import { openReceiver, type Receiver } from '../../../index.ts'
import { hostPort, isIpv6, isMulticast } from '../../../net/address.ts'
import { IPV6_V6ONLY } from '../../../options/index.ts'
import { isMalformed } from '../../../protocols/malformed.ts'
import { PING_HOP_LIMIT } from '../../../protocols/ssmping.ts'
import { answerPing } from '../../../protocols/ssmping-server.ts'
import { type AnswerDatagram, answerDatagrams } from '../../shell/answer-datagrams.ts'
import { Failure } from '../../shell/failure.ts'
import { findInterface, interfaceLabel } from '../../shell/interface-option.ts'
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
  const through = options.interface === undefined ? undefined : findInterface(options.interface).index
  const information = `sockctl on ${hostname()}`

  const answererOf = (receiver: Receiver): AnswerDatagram => {
    const family = isIpv6(receiver.address.address) ? 6 : 4
    return async (datagram) => {
      const { data, source, destination = '', interfaceIndex = 0 } = datagram
      if (isMulticast(destination)) return false
      const answer = answerPing(data, family, microseconds, { information, hopLimit })
      if (answer === undefined) return false
      const on = interfaceLabel(interfaceIndex)
      const client = hostPort(source.address, source.port)
      if (isMalformed(answer)) {
        if (out.json) out.object({ event: 'malformed', source, interface: on, reason: answer.malformed })
        else out.line(`${client} on ${on}: malformed: ${answer.malformed}`)
        return false
      }
      const { bytes, type, group } = answer
      await receiver.reply(datagram, bytes, { hopLimit })
      // The client is beyond the interface its request came by, so the answer to the group goes out there too.
      if (group !== undefined) {
        const route = { source: destination, hopLimit, interface: through ?? interfaceIndex }
        await receiver.send(bytes, { address: group, port: source.port }, route)
      }
      if (out.json) out.object({ event: 'answered', source, interface: on, type, group })
      else out.line(`${client} on ${on}: ${type}${group === undefined ? '' : `, to ${group} too`}`)
      return true
    }
  }

  try {
    receivers.push(await openReceiver({ port, family: 'ipv4', unicast: true, signal: stop }))
    receivers.push(
      await openReceiver({ port, family: 'ipv6', unicast: true, options: [[IPV6_V6ONLY, true]], signal: stop }),
    )
  } catch (error) {
    await Promise.all(receivers.map((receiver) => receiver.close()))
    throw error
  }
  if (out.json) out.object({ event: 'listening', port })
  else out.line(`answering pings to port ${port}`)
  const { answers, duration } = options
  const limits = { ...(answers !== undefined && { count: answers }), ...(duration !== undefined && { duration }) }
  const answered = await answerDatagrams(out, receivers, limits, answererOf)
  if (out.json) out.object({ event: 'summary', answered })
  else out.line(`${answered} messages answered`)
  if (answers !== undefined && answered < answers && !stop.aborted)
    throw new Failure(`only ${answered} of ${answers} requests came`)
}
