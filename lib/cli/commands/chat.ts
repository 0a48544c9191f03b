// `sockctl chat`: sends a text to a group now and then, and prints what others send.

import { hostname } from 'node:os'
import { setTimeout } from 'node:timers/promises'
import type { Command } from 'commander'
import { openReceiver, openSender, type Receiver, type Sender } from '../../index.ts'
import { hostPort } from '../../net/address.ts'
import type { ChannelText } from '../../protocols/channel.ts'
import { portOf } from '../shell/channel-port.ts'
import { explainNoRoute } from '../shell/explain-no-route.ts'
import { UsageError } from '../shell/failure.ts'
import { examples } from '../shell/help.ts'
import { interfaceLabel, takesInterface } from '../shell/interface-option.ts'
import { channel, count, duration, hops, period, port } from '../shell/parsers.ts'
import { printable } from '../shell/printable.ts'
import { type Run, runs } from '../shell/run.ts'
import { startTimer } from '../shell/timer.ts'

interface ChatOptions {
  interface?: string | number
  port?: number
  every: number
  text?: string
  hops?: number
  count?: number
  duration?: number
}

export function chatCommand(command: Command): void {
  takesInterface(command.argument('<channel>', 'GROUP:PORT or GROUP%INTERFACE:PORT', channel), 'on this interface')
  command
    .option('-p, --port <number>', 'the port, if the channel names none', port)
    .option('--every <time>', 'from one sending to the next', period, 5000)
    .option('--text <text>', 'the text to send (default: host and process)')
    .option('--hops <number>', 'the hop limit (TTL), 0 to 255 (default: 1)', hops)
    .option('--count <datagrams>', 'end after receiving this many', count)
    .option('-d, --duration <time>', 'end after this long: 500ms, 5s, 2m', duration)
  examples(command, 'sockctl chat 239.255.1.2:8888 -i eth0', "sockctl chat '[ff15::8]:8888' -i eth0 --every 1s --json")
  runs<[ChannelText], ChatOptions>(command, 'an object a datagram heard, and one at the end', chat)
}

async function chat({ out, stop }: Run, [given]: [ChannelText], options: ChatOptions): Promise<void> {
  const { group, sources, blocked } = given
  const end = portOf(given, options.port)
  if (sources.length + blocked.length > 0)
    throw new UsageError(`a chat takes no sources to join or block: name the group alone, ${group}`)
  const on = given.interface ?? options.interface
  const interfaceChoice = on === undefined ? {} : { interface: on }
  const text = `${options.text ?? `${hostname()}, ${process.pid}`}\n`
  const over = new AbortController()
  const finish = AbortSignal.any([stop, over.signal])
  let receiver: Receiver | undefined
  let sender: Sender | undefined
  try {
    receiver = await openReceiver({ port: end, channels: [{ group, ...interfaceChoice }], signal: finish })
    const hopsChoice = options.hops === undefined ? {} : { hops: options.hops }
    sender = await openSender({ to: { address: group, port: end }, bind: {}, ...interfaceChoice, ...hopsChoice })
    const [{ interface: joined } = { interface: { name: '' } }] = receiver.memberships
    if (out.json) out.object({ event: 'joined', group, port: end, interface: joined.name, text: text.trimEnd() })
    else out.line(`in ${hostPort(group, end)} on ${joined.name} as ${printable(text.trimEnd())}`)
    const timer = startTimer(options.duration, () => over.abort())
    const saying = sayNowAndThen(sender, text, options.every, finish).finally(() => over.abort())
    saying.catch(() => {})
    const heard = await listen(out, receiver, { text, port: sender.address.port }, options.count)
    over.abort()
    clearTimeout(timer)
    const said = await saying
    if (out.json) out.object({ event: 'summary', said, heard })
    else out.line(`said ${said}, heard ${heard}`)
  } catch (error) {
    throw on === undefined ? explainNoRoute(error, group) : error
  } finally {
    await Promise.all([receiver?.close(), sender?.close()])
  }
}

async function sayNowAndThen(sender: Sender, text: string, every: number, signal: AbortSignal): Promise<number> {
  const bytes = Buffer.from(text)
  let said = 0
  while (!signal.aborted) {
    await sender.send(bytes)
    said++
    await setTimeout(every, undefined, { signal }).catch(() => {})
  }
  return said
}

/** Prints what others send. The text and the port of this process's own packets tell that they are its own. */
async function listen(
  out: Run['out'],
  receiver: Receiver,
  own: { text: string; port: number },
  limit: number | undefined,
): Promise<number> {
  let heard = 0
  for await (const batch of receiver) {
    for (const { data, source, interfaceIndex = 0 } of batch) {
      const text = data.toString()
      if (source.port === own.port && text === own.text) continue
      const said = text.trimEnd()
      const on = interfaceLabel(interfaceIndex)
      if (out.json) out.object({ event: 'heard', source, interface: on, text: said })
      else out.line(`from ${hostPort(source.address, source.port)} on ${on}: ${printable(said)}`)
      if (++heard === limit) return heard
    }
    await out.drained()
  }
  return heard
}
