// The client of `sockctl echo`.

import { setImmediate } from 'node:timers/promises'
import { type Datagram, openReceiver, openSocket, type SendChoice } from '../../../index.ts'
import { familyOf, hostPort } from '../../../net/address.ts'
import { SO_BINDTODEVICE, SO_BROADCAST } from '../../../options/index.ts'
import { explainNoRoute } from '../../shell/explain-no-route.ts'
import { UsageError } from '../../shell/failure.ts'
import { isBroadcast } from '../../shell/host.ts'
import { findInterface, interfaceLabel } from '../../shell/interface-option.ts'
import { mustHaveCome } from '../../shell/nothing-came.ts'
import type { Output } from '../../shell/output.ts'
import { createReturnedErrors } from '../../shell/returned-errors.ts'
import type { Run } from '../../shell/run.ts'
import { plural, seconds } from '../../shell/units.ts'
import type { EchoOptions, EchoTarget } from './echo-options.ts'

/** Sends one datagram, and prints the answers: every one from a group or by broadcast, the first one from a host. */
export async function askEcho(run: Run, target: EchoTarget, options: EchoOptions): Promise<boolean> {
  const { address, port, interface: on } = target
  const question = createQuestion(run.out, payloadOf(options))
  const start = performance.now()
  let returned = false
  try {
    if (target.isGroup || isBroadcast(address)) await askMany(run, target, options, question)
    else returned = await askOne(run, target, options, question)
  } catch (error) {
    throw on === undefined ? explainNoRoute(error, address) : error
  }
  const answers = question.end()
  if (returned) return false
  mustHaveCome(
    answers,
    target.isGroup || isBroadcast(address)
      ? `nobody in ${hostPort(address, port)} answered`
      : `${hostPort(address, port)} did not answer in ${seconds(performance.now() - start)}`,
  )
  return true
}

async function askMany(
  { stop }: Run,
  { address, port, interface: on, isGroup }: EchoTarget,
  { hops, wait }: EchoOptions,
  { payload, take }: Question,
): Promise<void> {
  const receiver = await openReceiver({
    family: familyOf(address),
    unicast: true,
    ancillary: { hopLimit: true },
    options: [[SO_BROADCAST, !isGroup]],
    signal: stop,
  })
  const timer = setTimeout(() => receiver.close(), wait)
  try {
    if (isGroup) {
      if (on !== undefined) await receiver.control.setMulticastInterface(on)
      if (hops !== undefined) await receiver.control.setMulticastHops(hops)
    }
    const route: SendChoice = isGroup
      ? {}
      : { interface: on === undefined ? undefined : findInterface(on).index, hopLimit: hops }
    await receiver.send(payload, { address, port }, route)
    for await (const batch of receiver) batch.forEach(take)
  } finally {
    clearTimeout(timer)
    await receiver.close()
  }
}

/** True if an ICMP error came back. */
async function askOne(
  { out, stop }: Run,
  { address, port, interface: on }: EchoTarget,
  { hops, wait }: EchoOptions,
  { payload, take }: Question,
): Promise<boolean> {
  const opened = await openSocket({
    family: familyOf(address),
    type: 'dgram',
    options: [[SO_BINDTODEVICE, on === undefined ? '' : findInterface(on).name]],
  })
  await using socket = opened.toMessageSocket({ returnedErrors: true, ancillary: { hopLimit: true } })
  const errors = createReturnedErrors(out, address)
  const over = new AbortController()
  socket.on('returned-error', (error) => {
    errors.add(error)
    over.abort()
  })
  const timer = setTimeout(() => over.abort(), wait)
  const signal = AbortSignal.any([stop, over.signal])
  try {
    await socket.connect({ address, port })
    await socket.send(payload, undefined, hops === undefined ? {} : { hopLimit: hops })
    const [first] = await socket.receive({ signal })
    if (first !== undefined) take(first)
  } catch (error) {
    // The call fails with the error of the ICMP message, whose event follows.
    await setImmediate()
    if (!signal.aborted) throw error
  } finally {
    clearTimeout(timer)
  }
  return errors.count > 0
}

interface Question {
  readonly payload: Buffer
  /** Prints an answer, and counts it. */
  readonly take: (answer: Datagram) => void
  /** Prints the summary, and gives how many answers there were. */
  end(): number
}

function createQuestion(out: Output, payload: Buffer): Question {
  const hosts = new Set<string>()
  let answers = 0
  const start = process.hrtime.bigint()
  const elapsed = (): number => Number(process.hrtime.bigint() - start) / 1e6
  return {
    payload,
    take: ({ data, source, interfaceIndex = 0, hopLimit }) => {
      answers++
      hosts.add(source.address)
      const time = elapsed()
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
    },
    end: () => {
      if (out.json) out.object({ event: 'summary', answers, hosts: hosts.size, bytes: payload.length })
      else out.line(`${plural(answers, 'answer')} from ${plural(hosts.size, 'host')} in ${seconds(elapsed())}`)
      return answers
    },
  }
}

function payloadOf({ text, size }: EchoOptions): Buffer {
  if (text !== undefined && size !== undefined) throw new UsageError('give --text or --size, not both')
  return size === undefined
    ? Buffer.from(text ?? 'hello')
    : Buffer.from(Array.from({ length: size }, (_, i) => i & 255))
}
