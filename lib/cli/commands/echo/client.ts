// The client of `sockctl echo`.

import { openReceiver } from '../../../index.ts'
import { familyOf, hostPort } from '../../../net/address.ts'
import { sendFrom } from '../../../send/send-from-receiver.ts'
import { explainNoRoute } from '../../shell/explain-no-route.ts'
import { Failure, UsageError } from '../../shell/failure.ts'
import { interfaceLabel } from '../../shell/interface-option.ts'
import type { Run } from '../../shell/run.ts'
import { plural, seconds } from '../../shell/units.ts'
import type { EchoOptions, EchoTarget } from './echo-options.ts'

/** Sends one datagram to the group, and prints every answer that arrives in time. */
export async function askEcho({ out, stop }: Run, target: EchoTarget, options: EchoOptions): Promise<void> {
  const { group, port, interface: on } = target
  const payload = payloadOf(options)
  const receiver = await openReceiver({
    family: familyOf(group),
    ancillary: { hopLimit: true },
    signal: stop,
  })
  const hosts = new Set<string>()
  let answers = 0
  const start = process.hrtime.bigint()
  const timer = setTimeout(() => receiver.close(), options.wait)
  try {
    if (on !== undefined) await receiver.control.setMulticastInterface(on)
    if (options.hops !== undefined) await receiver.control.setMulticastHops(options.hops)
    sendFrom(receiver)(payload, { address: group, port })
    for await (const batch of receiver) {
      for (const { data, source, interfaceIndex = 0, hopLimit } of batch) {
        answers++
        hosts.add(source.address)
        const time = Number(process.hrtime.bigint() - start) / 1e6
        const same = payload.equals(data)
        const through = interfaceLabel(interfaceIndex)
        if (out.json)
          out.object({
            event: 'answer',
            source,
            interface: through,
            milliseconds: time,
            bytes: data.length,
            same,
            hopLimit,
          })
        else {
          const how = same ? '' : ', not what was sent'
          out.line(
            `${hostPort(source.address, source.port)} on ${through}: ${data.length} bytes, ${time.toFixed(3)} ms${how}`,
          )
        }
      }
    }
  } catch (error) {
    throw on === undefined ? explainNoRoute(error, group) : error
  } finally {
    clearTimeout(timer)
    await receiver.close()
  }
  const elapsed = Number(process.hrtime.bigint() - start) / 1e6
  if (out.json) out.object({ event: 'summary', answers, hosts: hosts.size, bytes: payload.length })
  else out.line(`${plural(answers, 'answer')} from ${plural(hosts.size, 'host')} in ${seconds(elapsed)}`)
  if (answers === 0 && !stop.aborted) throw new Failure(`nobody in ${hostPort(group, port)} answered`)
}

function payloadOf({ text, size }: EchoOptions): Buffer {
  if (text !== undefined && size !== undefined) throw new UsageError('give --text or --size, not both')
  return size === undefined
    ? Buffer.from(text ?? 'hello')
    : Buffer.from(Array.from({ length: size }, (_, i) => i & 255))
}
