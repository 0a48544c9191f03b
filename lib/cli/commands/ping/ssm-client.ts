// A client of ssmping (RFC 6450): compares what a server sends by unicast with what it sends to a group.

import { randomBytes } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { type Datagram, type Endpoint, openReceiver, type Receiver } from '../../../index.ts'
import { hostPort, isIpv6, isMulticast, withoutZone } from '../../../net/address.ts'
import { isMalformed } from '../../../protocols/malformed.ts'
import { decodePing, encodePing, PING_GROUPS, type PingMessage } from '../../../protocols/ssmping.ts'
import { type PingClient, type PingReply, type PingSummary, pingClient } from '../../../protocols/ssmping-client.ts'
import { Failure, UsageError } from '../../shell/failure.ts'
import { lookUpHost } from '../../shell/host.ts'
import { mustHaveCome } from '../../shell/nothing-came.ts'
import type { Output } from '../../shell/output.ts'
import { printable } from '../../shell/printable.ts'
import type { Run } from '../../shell/run.ts'
import { plural } from '../../shell/units.ts'
import type { PingOptions } from './ping-options.ts'

const microseconds = (): bigint => process.hrtime.bigint() / 1000n

/** What client and server agreed on; with a server older than RFC 6450, which agrees on nothing, the usual group. */
interface PingSession {
  group: string
  version: 2 | undefined
  sessionId?: Uint8Array
}

/** In milliseconds: how long to wait for the answer to an init message. */
const INIT_TIMEOUT = 500
const MAX_TRIES = 3

/** Pings a server, and prints its answers by unicast and by multicast. */
export async function pingServer({ out, stop }: Run, target: string, options: PingOptions): Promise<void> {
  const address = await lookUpHost(out, target)
  if (isMulticast(address)) throw new UsageError(`--ssm needs a server, and ${address} is a group`)
  const family = isIpv6(address) ? 6 : 4
  if (options.group !== undefined && isIpv6(options.group) !== (family === 6))
    throw new UsageError(`${options.group} and the server ${address} are not of one family`)
  const server: Endpoint = { address, port: options.port }
  const receiver = await openReceiver({
    family: family === 6 ? 'ipv6' : 'ipv4',
    unicast: true,
    ancillary: { hopLimit: true },
  })
  const send = (data: Uint8Array): Promise<number> => receiver.send(data, server)
  const clientId = randomBytes(4)
  const conversation = converse(receiver, server)
  try {
    const session = await agree(conversation, send, clientId, family, options, stop)
    const client = pingClient({ clientId, ...session })
    if (stop.aborted) return summarize(out, client.summary())
    const channel = { group: session.group, ...(options.interface !== undefined && { interface: options.interface }) }
    const { interface: on } = await receiver.join(
      options.anySource === true ? channel : { ...channel, source: address },
    )
    const what = options.anySource === true ? session.group : `${session.group} of ${address}`
    if (out.json)
      out.object({ event: 'joined', group: session.group, server, interface: on.name, version: session.version ?? 1 })
    else out.line(`joined ${what} on ${on.name}, asking ${hostPort(address, options.port)}`)
    conversation.take = (datagram) => tell(out, client, datagram)
    for (let sent = 0; sent < options.count && !stop.aborted; sent++) {
      await send(client.request(microseconds()))
      const wait = sent + 1 === options.count ? options.wait : options.interval
      await setTimeout(wait, undefined, { signal: stop }).catch(() => {})
    }
    summarize(out, client.summary())
  } finally {
    await receiver.close()
    await conversation.over
  }
}

interface Conversation {
  /** Called with each datagram from the server; replaced as the conversation goes on. */
  take: (datagram: Datagram) => void
  /** Settles when the receiver is closed. */
  readonly over: Promise<void>
}

/** Passes on the datagrams from the server; all others are ignored. */
function converse(receiver: Receiver, server: Endpoint): Conversation {
  const listen = async (): Promise<void> => {
    for await (const batch of receiver)
      for (const datagram of batch)
        if (withoutZone(datagram.source.address) === withoutZone(server.address)) conversation.take(datagram)
  }
  const conversation = { take: (_: Datagram): void => {}, over: Promise.resolve() }
  conversation.over = listen()
  conversation.over.catch(() => {})
  return conversation
}

/**
 * Asks the server for a group (RFC 6450 3.1). A server that does not answer may be older, and know only ping requests.
 */
async function agree(
  conversation: Conversation,
  send: (data: Uint8Array) => Promise<number>,
  clientId: Uint8Array,
  family: 4 | 6,
  { group }: PingOptions,
  stop: AbortSignal,
): Promise<PingSession> {
  const prefix = {
    family,
    length: group === undefined ? 0 : family === 4 ? 32 : 128,
    address: group ?? (family === 4 ? '0.0.0.0' : '::'),
  }
  const answered = new AbortController()
  let response: PingMessage | undefined
  conversation.take = ({ data }) => {
    const message = decodePing(data)
    if (
      isMalformed(message) ||
      message.type !== 'response' ||
      !clientId.every((byte, at) => message.clientId?.[at] === byte)
    )
      return
    response = message
    answered.abort()
  }
  const patience = AbortSignal.any([stop, answered.signal])
  for (let tries = 0; tries < MAX_TRIES && !patience.aborted; tries++) {
    await send(encodePing({ type: 'init', version: 2, clientId, prefixes: [prefix] }))
    await setTimeout(INIT_TIMEOUT, undefined, { signal: patience }).catch(() => {})
  }
  if (response === undefined) return { group: group ?? PING_GROUPS[family], version: undefined }
  const { group: given, sessionId } = response
  if (given === undefined)
    throw new Failure(
      group === undefined ? 'the server gives no group to ping' : `the server does not send to the group ${group}`,
    )
  return { group: given, version: 2, ...(sessionId !== undefined && { sessionId }) }
}

function tell(out: Output, client: PingClient, { data, destination = '', hopLimit, source }: Datagram): void {
  const by: PingReply['by'] = isMulticast(destination) ? 'multicast' : 'unicast'
  const reply = client.reply(data, by, microseconds(), hopLimit)
  if (reply === undefined) return
  if (isMalformed(reply)) {
    if (out.json) out.object({ event: 'malformed', source, reason: reply.malformed })
    else out.line(`${by} from ${source.address}: malformed: ${printable(reply.malformed)}`)
    return
  }
  const { sequence, roundTrip, distance, duplicate, serverInformation } = reply
  const milliseconds = Number(roundTrip) / 1000
  if (out.json) {
    out.object({ event: 'answer', by, source, sequence, milliseconds, distance, duplicate, serverInformation })
    return
  }
  const far = distance === undefined ? '' : `, ${plural(distance, 'hop')} away`
  const who = serverInformation === undefined ? '' : `, ${printable(serverInformation)}`
  out.line(
    `${by.padEnd(9)} from ${source.address}: seq ${sequence}, ${milliseconds.toFixed(3)} ms${far}${duplicate ? ', again' : ''}${who}`,
  )
}

/** A tally with the names and units that the summary of ICMP pings has. */
function inMilliseconds({ minimum, mean, maximum, ...rest }: PingSummary['unicast']): object {
  if (minimum === undefined || mean === undefined || maximum === undefined) return rest
  return { ...rest, least: minimum / 1000, mean: mean / 1000, most: maximum / 1000 }
}

function summarize(out: Output, summary: PingSummary): void {
  if (out.json)
    out.object({
      event: 'summary',
      sent: summary.sent,
      unicast: inMilliseconds(summary.unicast),
      multicast: inMilliseconds(summary.multicast),
    })
  else {
    for (const by of ['unicast', 'multicast'] as const) {
      const { received, minimum = 0, mean = 0, maximum = 0, firstSequence } = summary[by]
      const first = firstSequence === undefined || firstSequence === 1 ? '' : `, from seq ${firstSequence} on`
      const times =
        received === 0
          ? ''
          : `: least/mean/most ${[minimum, mean, maximum].map((time) => (time / 1000).toFixed(3)).join('/')} ms`
      out.line(`${by.padEnd(9)} ${received} of ${summary.sent} answers${first}${times}`)
    }
  }
  mustHaveCome(
    summary.multicast.received,
    summary.unicast.received === 0
      ? 'the server did not answer: see whether it runs, and whether its port can be reached'
      : 'the server answered, but nothing came by multicast: the group does not reach this host',
  )
}
