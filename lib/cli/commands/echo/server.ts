// The server of `sockctl echo`.

import { type Channel, openReceiver, type Receiver } from '../../../index.ts'
import { hostPort, isIpv6 } from '../../../net/address.ts'
import { type AnswerDatagram, answerDatagrams } from '../../shell/answer-datagrams.ts'
import { printChannelChange } from '../../shell/channel-changes.ts'
import { explainNoRoute } from '../../shell/explain-no-route.ts'
import { Failure } from '../../shell/failure.ts'
import { interfaceLabel } from '../../shell/interface-option.ts'
import { openAtHost } from '../../shell/open-at-host.ts'
import type { Run } from '../../shell/run.ts'
import { plural } from '../../shell/units.ts'
import type { EchoOptions, EchoTarget } from './echo-options.ts'

/** Sends back what arrives for the groups, also by unicast on the same ports, and what arrives at addresses of this host. */
export async function serveEcho(
  { out, stop }: Run,
  targets: readonly EchoTarget[],
  options: EchoOptions,
): Promise<void> {
  const receivers: Receiver[] = []
  const atHost: Receiver[] = []
  const all = (): Receiver[] => [...receivers, ...atHost]
  const close = (): Promise<unknown> => Promise.all(all().map((receiver) => receiver.close()))
  let bytes = 0

  const answererOf = (receiver: Receiver): AnswerDatagram => {
    const { port } = receiver.address
    return async (datagram) => {
      const { data, source, destination = '', interfaceIndex = 0 } = datagram
      // Two echoes would answer each other for ever; port 7 is that of the classic echo service.
      if (source.port === port || source.port === 7) return false
      await receiver.reply(datagram, data)
      bytes += data.length
      const on = interfaceLabel(interfaceIndex)
      if (out.json) out.object({ event: 'echoed', source, to: destination, port, interface: on, bytes: data.length })
      else
        out.line(
          `${hostPort(source.address, source.port)} > ${hostPort(destination, port)} on ${on}: ${data.length} bytes`,
        )
      return true
    }
  }

  try {
    for (const [port, channels] of byPort(targets.filter(({ isGroup }) => isGroup))) {
      for (const family of ['ipv4', 'ipv6'] as const) {
        const own = channels.filter((channel) => isIpv6(channel.address) === (family === 'ipv6'))
        if (own.length === 0) continue
        const address = family === 'ipv6' ? '::' : '0.0.0.0'
        receivers.push(await openReceiver({ port, address, channels: own.map(channelOf), signal: stop }))
      }
    }
    for (const { address, port, interface: on } of targets.filter(({ isGroup }) => !isGroup))
      atHost.push(...(await openAtHost(address, on, { port, signal: stop })))
  } catch (error) {
    await close()
    throw explainNoRoute(error, targets[0]?.address ?? '')
  }
  for (const receiver of receivers) {
    const { port } = receiver.address
    for (const { group, interface: on } of receiver.memberships)
      if (out.json) out.object({ event: 'joined', group, port, interface: on.name })
      else out.line(`echoing what comes to ${hostPort(group, port)} on ${on.name}`)
  }
  for (const { address } of atHost)
    if (out.json) out.object({ event: 'listening', ...address })
    else out.line(`echoing what comes to ${hostPort(address.address, address.port)}`)
  for (const receiver of receivers) {
    const { port } = receiver.address
    receiver.on('channel-change', (event) => printChannelChange(event, port, out))
  }
  const echoed = await answerDatagrams(out, all(), options, answererOf)
  if (out.json) out.object({ event: 'summary', echoed, bytes })
  else out.line(`${plural(echoed, 'datagram')}, ${plural(bytes, 'byte')} sent back`)
  if (options.count !== undefined && echoed < options.count && !stop.aborted)
    throw new Failure(`only ${echoed} of ${options.count} datagrams came`)
}

const channelOf = ({ address: group, interface: on }: EchoTarget): Channel =>
  on === undefined ? { group } : { group, interface: on }

function byPort(targets: readonly EchoTarget[]): Map<number, EchoTarget[]> {
  const ports = new Map<number, EchoTarget[]>()
  for (const target of targets) ports.set(target.port, [...(ports.get(target.port) ?? []), target])
  return ports
}
