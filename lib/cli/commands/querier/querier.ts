// `sockctl querier`: asks a network for its memberships, as a router would, for as long as no other querier does.

import type { Command } from 'commander'
import { type Datagram, type Interface, SocketOptionError } from '../../../index.ts'
import { isIpv6, isMulticast, isOfOneLink, parseAddress, withoutZone } from '../../../net/address.ts'
import { isMalformed } from '../../../protocols/malformed.ts'
import type { MembershipQuery } from '../../../protocols/membership-message.ts'
import { decodeMembershipPacket, type MembershipPacket } from '../../../protocols/membership-packet.ts'
import type { QueryTimes } from '../../../protocols/membership-query.ts'
import { type Capture, isOwn, openCapture } from '../../capture/capture.ts'
import { MEMBERSHIP_FILTER } from '../../capture/membership-filter.ts'
import { Failure, printWarning, UsageError } from '../../shell/failure.ts'
import { examples } from '../../shell/help.ts'
import { findInterface, takesInterface } from '../../shell/interface-option.ts'
import type { Output } from '../../shell/output.ts'
import { duration, wholeNumber } from '../../shell/parsers.ts'
import { quoted } from '../../shell/printable.ts'
import { type Run, runs } from '../../shell/run.ts'
import { startTimer } from '../../shell/timer.ts'
import { plural } from '../../shell/units.ts'
import { type Asker, openAsker, type Question } from './asker.ts'
import { type Plan, tellPlan } from './plan.ts'

/** In milliseconds, as RFC 9776 8 and RFC 3810 9 have them. */
const QUERY_INTERVAL = 125_000
const RESPONSE_INTERVAL = 10_000
const ROBUSTNESS = 2
/** An hour. */
const DEFAULT_DURATION = 3_600_000

/** The longest that the codes of IGMPv3 and MLDv2 can tell, in milliseconds, and what the code of IGMPv2 can. */
const MAX_INTERVAL = 31_744_000
const MAX_RESPONSE = 3_174_400
const MAX_IGMPV2_RESPONSE = 25_500
const MIN_INTERVAL = 1000

/** How many hosts and groups are remembered: anybody can report more. */
const MAX_REMEMBERED = 4096

interface QuerierOptions {
  interface?: string | number
  igmp?: number
  mld?: number
  source?: string
  interval?: number
  response?: number
  robustness?: number
  duration?: number
}

export function querierCommand(command: Command): void {
  takesInterface(command, 'the interface to ask on; it has to be named')
  command.option('--igmp <version>', 'ask by IGMP: 2 or 3', wholeNumber(2, 3))
  command.option(
    '--mld <version>',
    'ask by MLD: 1 or 2; default: --igmp 3 --mld 2, one of the two alone if named',
    wholeNumber(1, 2),
  )
  command.option('--source <address>', 'where IGMP queries come from; default: 0.0.0.0, which wins no election')
  command.option('--interval <time>', 'ask this often; default: 125s', duration)
  command.option('--response <time>', 'hosts answer within this time; default: 10s', duration)
  command.option('--robustness <number>', 'how many lost messages a membership survives; default: 2', wholeNumber(1, 7))
  command.option('-d, --duration <time>', 'end after this long; default: 1h', duration)
  command.addHelpText(
    'after',
    `
For a network whose switches snoop and that has no querier: there, switches forget who listens. Before the first query
the command says what it will do. It stops as soon as it hears another querier, and then ends with exit status 0.
IGMP queries come from 0.0.0.0, which wins no election; a switch that ignores these needs --source. MLD queries can only
come from the link-local address, which may win the election, so that routers fall silent. Needs CAP_NET_RAW.`,
  )
  examples(
    command,
    'sudo sockctl querier -i eth0',
    'sudo sockctl querier -i br0 --igmp 2 --source 192.0.2.1 --duration 24h',
  )
  runs<[], QuerierOptions>(
    command,
    'an object for the plan, each query, each other querier, and the end',
    (run, _, options) => query(run, options),
  )
}

function planOf(options: QuerierOptions): Plan {
  if (options.interface === undefined) throw new UsageError('name the interface to ask on: -i eth0')
  const on = findInterface(options.interface)
  if (!on.flags.up) throw new Failure(`${on.name} is down: ip link set ${on.name} up`)
  if (!on.flags.multicast && !on.flags.loopback) throw new Failure(`${on.name} takes no multicast`)
  const interval = options.interval ?? QUERY_INTERVAL
  if (interval < MIN_INTERVAL || interval > MAX_INTERVAL)
    throw new UsageError(`--interval is from ${MIN_INTERVAL / 1000} s to ${MAX_INTERVAL / 1000} s`)
  const response = options.response ?? Math.min(RESPONSE_INTERVAL, interval / 2)
  if (response >= interval) throw new UsageError('--response has to be shorter than --interval')
  const most = options.igmp === 2 ? MAX_IGMPV2_RESPONSE : MAX_RESPONSE
  if (response < 100 || response > most) throw new UsageError(`--response is from 100 ms to ${most / 1000} s`)
  return {
    on,
    questions: questionsOf(on, options),
    times: { maxResponseTime: response, queryInterval: interval / 1000, robustness: options.robustness ?? ROBUSTNESS },
    duration: options.duration ?? DEFAULT_DURATION,
  }
}

function questionsOf(on: Interface, { igmp, mld, source }: QuerierOptions): Question[] {
  const questions: Question[] = []
  const both = igmp === undefined && mld === undefined
  if (igmp !== undefined || both)
    questions.push({ protocol: 'IGMP', version: igmp === 2 ? 2 : 3, source: sourceOf(source) })
  else if (source !== undefined) throw new UsageError('--source is for IGMP: add --igmp 3, or leave it out')
  if (mld === undefined && !both) return questions
  const linkLocal = on.addresses.find(({ address }) => isIpv6(address) && isOfOneLink(address))
  const address = linkLocal && withoutZone(linkLocal.address)
  if (address !== undefined) questions.push({ protocol: 'MLD', version: mld === 1 ? 1 : 2, source: address })
  else if (!both) throw new Failure(`${on.name} has no link-local IPv6 address, which queries of MLD come from`)
  else printWarning(`${on.name} has no link-local IPv6 address, so that it asks by IGMP only`)
  return questions
}

function sourceOf(source = '0.0.0.0'): string {
  const parsed = parseAddress(source)
  const [first = 0] = parsed?.bytes ?? []
  const isHost = parsed?.family === 4 && !isMulticast(source) && first < 240 && first !== 127
  if (!isHost || (first === 0 && source !== '0.0.0.0'))
    throw new UsageError(`--source ${quoted(source)} is not the IPv4 address of a host`)
  return source
}

interface Heard {
  readonly hosts: Set<string>
  readonly groups: Set<string>
}

async function query({ out, stop }: Run, options: QuerierOptions): Promise<void> {
  const plan = planOf(options)
  await using capture = await openCapture(plan.on, MEMBERSHIP_FILTER, { everyGroup: true })
  const askers: Asker[] = []
  try {
    for (const question of plan.questions) askers.push(await openAsker(plan.on, question, plan.times))
    tellPlan(out, plan)
    await askWhileAlone(out, stop, plan, capture, askers)
  } finally {
    await Promise.all(askers.map((asker) => asker[Symbol.asyncDispose]()))
  }
}

/** Asks until the time is over, or another querier has been heard for each protocol. */
async function askWhileAlone(
  out: Output,
  stop: AbortSignal,
  plan: Plan,
  capture: Capture,
  askers: readonly Asker[],
): Promise<void> {
  const { on, times } = plan
  const ended = new AbortController()
  const end = AbortSignal.any([stop, ended.signal])
  const heard: Heard = { hosts: new Set(), groups: new Set() }
  const others = new Map(askers.map(({ question }) => [question.protocol, new AbortController()]))
  let queries = 0

  const take = (datagram: Datagram<'packet'>): void => {
    // A tagged packet is of another network, and an outgoing one is this host's own.
    if (datagram.vlan !== undefined || datagram.source.packetType === 'outgoing') return
    const packet = decodeMembershipPacket(datagram.data)
    if (packet === undefined || isMalformed(packet) || packet.message.checksum === 'bad') return
    const { message, source } = packet
    if (message.type !== 'query') {
      note(heard, packet)
      return
    }
    const other = others.get(message.protocol)
    if (other === undefined || other.signal.aborted || isOwn(on, source)) return
    other.abort()
    tellOther(out, on, packet)
  }
  const timer = startTimer(plan.duration, () => ended.abort())
  try {
    const listening = (async () => {
      for await (const batch of capture.packets(end)) for (const datagram of batch) take(datagram)
    })()
    const asking = askers.map((asker) => {
      const other = others.get(asker.question.protocol)
      const until = other === undefined ? end : AbortSignal.any([end, other.signal])
      return askOn(asker, times, until, () => {
        queries++
        tellAsked(out, on, asker.question)
      })
    })
    await Promise.all([listening, Promise.all(asking).finally(() => ended.abort())])
  } catch (error) {
    throw isGone(error) ? new Failure(`${on.name} is gone or down: nobody asks there now`) : error
  } finally {
    clearTimeout(timer)
    ended.abort()
  }
  const isNotNeeded = [...others.values()].every(({ signal }) => signal.aborted)
  tellEnd(out, plan, queries, heard, isNotNeeded)
}

const isGone = (error: unknown): boolean =>
  error instanceof SocketOptionError && ['ENODEV', 'ENXIO', 'ENETDOWN', 'EADDRNOTAVAIL'].includes(error.code)

/** Asks at once, as often at a quarter of the interval as the robustness says, and then at the interval. RFC 9776 8.6, 8.7 */
async function askOn(asker: Asker, times: QueryTimes, end: AbortSignal, told: () => void): Promise<void> {
  for (let count = 1; !end.aborted; count++) {
    await asker.ask()
    told()
    await pause(times.queryInterval * (count < times.robustness ? 250 : 1000), end)
  }
}

const pause = (milliseconds: number, end: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer)
      end.removeEventListener('abort', finish)
      resolve()
    }
    const timer = setTimeout(finish, milliseconds)
    end.addEventListener('abort', finish)
    if (end.aborted) finish()
  })

/** Remembers a report. */
function note({ hosts, groups }: Heard, { source, message }: MembershipPacket): void {
  const named = message.type === 'records' ? message.records.map(({ group }) => group) : []
  if (message.type === 'report') named.push(message.group)
  if (named.length > 0 && hosts.size < MAX_REMEMBERED) hosts.add(source)
  for (const group of named) if (groups.size < MAX_REMEMBERED) groups.add(group)
}

function tellAsked(out: Output, on: Interface, { protocol, version, source }: Question): void {
  const time = new Date().toISOString()
  if (out.json) out.object({ event: 'query', time, interface: on.name, protocol, version, source })
  else out.line(`${out.paint.dim(time.slice(11, 23))} ${protocol}v${version} general query from ${source}`)
}

function tellOther(out: Output, on: Interface, { source, message }: MembershipPacket): void {
  const time = new Date().toISOString()
  const { protocol, version } = message as MembershipQuery
  if (out.json) out.object({ event: 'other-querier', time, interface: on.name, protocol, version, source })
  else
    out.line(
      `${out.paint.dim(time.slice(11, 23))} ${source} asks by ${protocol}v${version} too: this querier stops asking by ${protocol}`,
    )
}

function tellEnd(
  out: Output,
  { on, times, questions }: Plan,
  queries: number,
  { hosts, groups }: Heard,
  isNotNeeded: boolean,
): void {
  if (out.json) {
    out.object({ event: 'summary', queries, hosts: hosts.size, groups: groups.size, otherQuerier: isNotNeeded })
    return
  }
  const kept = times.robustness * times.queryInterval + times.maxResponseTime / 1000
  out.line(
    `${plural(queries, 'query', 'queries')}; ${plural(hosts.size, 'other host')} reported ${plural(groups.size, 'group')}`,
  )
  if (isNotNeeded) out.line(`Another querier asks on ${on.name}: this one is not needed.`)
  else
    out.line(
      `Nobody asks by ${questions.map(({ protocol }) => protocol).join(' or ')} now, as far as was heard: switches forget who listens within ${kept} s.`,
    )
}
