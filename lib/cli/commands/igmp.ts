// `sockctl igmp`: prints the IGMP and MLD messages this host sends and hears.

import type { Command } from 'commander'
import { type Datagram, type Interface, watchInterfaces } from '../../index.ts'
import { wellKnownGroup } from '../../net/well-known-groups.ts'
import { isMalformed } from '../../protocols/malformed.ts'
import type { MembershipMessage } from '../../protocols/membership-message.ts'
import { decodeMembershipPacket, type MembershipPacket } from '../../protocols/membership-packet.ts'
import { membershipText } from '../../protocols/membership-text.ts'
import { type Capture, isOwn, openCapture } from '../capture/capture.ts'
import { MEMBERSHIP_FILTER } from '../capture/membership-filter.ts'
import { Failure, printWarning } from '../shell/failure.ts'
import { examples } from '../shell/help.ts'
import { findInterface, multicastInterfaces, takesInterface } from '../shell/interface-option.ts'
import { mustHaveCome } from '../shell/nothing-came.ts'
import type { Output } from '../shell/output.ts'
import { count, duration, group, repeatable } from '../shell/parsers.ts'
import { type Run, runs } from '../shell/run.ts'
import { startTimer } from '../shell/timer.ts'

interface IgmpOptions {
  interface?: string | number
  count?: number
  duration?: number
}

export function igmpCommand(command: Command): void {
  takesInterface(
    command.argument(
      '[group...]',
      'only messages that name one of these groups, and general queries',
      repeatable(group),
    ),
    'on this interface; default: on every interface that is up and takes multicast',
  )
  command.option('--count <packets>', 'end after this many', count)
  command.option('-d, --duration <time>', 'end after this long: 500ms, 5s, 2m', duration)
  command.addHelpText(
    'after',
    `
IGMPv1, v2 and v3 (RFC 1112, 2236, 9776), MLDv1 and v2 (RFC 2710, 3810): messages this host sends (>) and
messages it hears (<). General queries go to 224.0.0.1 and ff02::1, the groups of every host; IGMPv3 and MLDv2
reports to 224.0.0.22 and ff02::16, those of queriers and snooping switches; leaves of older versions to 224.0.0.2 and
ff02::2, those of routers. Exit status 1 if there was none of these messages. Needs CAP_NET_RAW.`,
  )
  examples(command, 'sudo sockctl igmp -i eth0', 'sudo sockctl igmp --duration 130s --json 232.1.1.1')
  runs<[groups?: string[]], IgmpOptions>(command, 'an object a packet', (run, [groups = []], options) =>
    watch(run, groups, options),
  )
}

/** Every group a message names; a general query names none. */
function groupsOf(message: MembershipMessage): string[] {
  if (message.type === 'records') return message.records.map((record) => record.group)
  return 'group' in message && message.group !== undefined ? [message.group] : []
}

/** The names of the well-known groups a message names. */
function namesIn(message: MembershipMessage): Record<string, string> {
  const named = groupsOf(message).flatMap((address) => {
    const known = wellKnownGroup(address)
    return known === undefined ? [] : [[address, known.name] as const]
  })
  return Object.fromEntries(named)
}

function isAbout(message: MembershipMessage, groups: readonly string[]): boolean {
  if (groups.length === 0 || (message.type === 'query' && message.group === undefined)) return true
  return groupsOf(message).some((named) => groups.includes(named))
}

/** The reasons why hosts and routers that follow the RFCs ignore the message; '' if there are none. */
function oddities({ hopLimit, routerAlert, message }: MembershipPacket): string {
  const odd = [
    ...(hopLimit === 1 ? [] : [message.protocol === 'IGMP' ? `TTL ${hopLimit}` : `hop limit ${hopLimit}`]),
    ...(routerAlert || message.type === 'other' || (message.protocol === 'IGMP' && message.version === 1)
      ? []
      : ['no router alert']),
  ]
  return odd.length === 0 ? '' : ` [${odd.join(', ')}]`
}

interface Seen {
  on: Interface
  packet: MembershipPacket
}

/** The VLAN that a packet is tagged with: it belongs to an interface of that VLAN, and this one's hosts don't take it. */
const vlanOf = ({ vlan }: Datagram<'packet'>): number | undefined =>
  vlan === undefined || vlan.id === 0 ? undefined : vlan.id

function timeOf({ timestamp }: Datagram<'packet'>): string {
  return new Date(timestamp === undefined ? Date.now() : Number(timestamp / 1_000_000n)).toISOString()
}

function tell(out: Output, datagram: Datagram<'packet'>, { on, packet }: Seen): void {
  const time = timeOf(datagram)
  const sent = isOwn(on, packet.source)
  const text = membershipText(packet.message)
  const vlan = vlanOf(datagram)
  if (out.json) {
    const names = namesIn(packet.message)
    const known = Object.keys(names).length > 0 && { names }
    out.object({
      ...{ time, interface: on.name, ...(vlan !== undefined && { vlan }), direction: sent ? 'sent' : 'heard' },
      ...{ ...packet, text, ...known },
    })
    return
  }
  const { dim, strong, warn } = out.paint
  const line = [
    dim(time.slice(11, 23)),
    vlan === undefined ? on.name : `${on.name} VLAN ${vlan}`,
    sent ? '>' : '<',
    `${packet.source} → ${packet.destination}`,
    strong(text),
    ...Object.entries(namesIn(packet.message)).map(([address, name]) => dim(`(${address} is ${name})`)),
  ]
  out.line(line.join(' ') + warn(oddities(packet)))
}

async function watch({ out, stop }: Run, groups: readonly string[], options: IgmpOptions): Promise<void> {
  const ended = new AbortController()
  const end = AbortSignal.any([stop, ended.signal])
  const counts = { queries: 0, reports: 0, malformed: 0 }
  const list = chosen(options.interface)
  const captures: (readonly [Interface, Capture])[] = []
  let left = options.count ?? Number.POSITIVE_INFINITY

  const take = (on: Interface, datagram: Datagram<'packet'>): void => {
    if (left <= 0) return
    const packet = decodeMembershipPacket(datagram.data)
    if (packet === undefined) return
    if (isMalformed(packet)) {
      counts.malformed++
      if (out.json) out.object({ time: timeOf(datagram), interface: on.name, malformed: packet.malformed })
      else
        out.line(
          `${out.paint.dim(timeOf(datagram).slice(11, 23))} ${on.name} ${out.paint.warn(`malformed: ${packet.malformed}`)}`,
        )
    } else if (isAbout(packet.message, groups)) {
      counts[packet.message.type === 'query' ? 'queries' : 'reports']++
      tell(out, datagram, { on, packet })
    } else return
    if (--left === 0) ended.abort()
  }

  const timer = startTimer(options.duration, () => ended.abort())
  const gone = new Set<string>()
  const changes = watchInterfaces({ signal: end })[Symbol.asyncIterator]()
  const noteGone = async (): Promise<void> => {
    for (let next = await changes.next(); next.done !== true; next = await changes.next()) {
      const { type, interface: removed } = next.value
      const on = list.find(({ index }) => index === removed.index)
      if (type !== 'removed' || on === undefined) continue
      gone.add(on.name)
      printWarning(`the interface ${on.name} is gone`)
      if (gone.size === list.length) ended.abort()
    }
  }
  try {
    // The first change tells that the watch has begun.
    await changes.next()
    for (const on of list) captures.push([on, await openCapture(on, MEMBERSHIP_FILTER, { everyGroup: true })])
    if (out.json) out.object({ event: 'listening', interfaces: list.map(({ name }) => name) })
    out.hint(`Listening on ${list.map(({ name }) => name).join(', ')}. Ctrl-C ends.`)
    await Promise.all([
      noteGone(),
      ...captures.map(async ([on, capture]) => {
        for await (const batch of capture.packets(end)) {
          for (const datagram of batch) take(on, datagram)
          await out.drained()
        }
      }),
    ])
    const dropped = captures.reduce((sum, [, capture]) => sum + capture.dropped(), 0)
    if (out.json) out.object({ event: 'summary', ...counts, dropped })
    else {
      const words = [`${counts.queries} queries`, `${counts.reports} reports and leaves`]
      if (counts.malformed > 0) words.push(`${counts.malformed} malformed`)
      if (dropped > 0) words.push(`${dropped} dropped by the kernel`)
      out.line(words.join(', '))
    }
    if (gone.size === list.length) throw new Failure('no interface is left to watch')
    mustHaveCome(counts.queries + counts.reports + counts.malformed, 'no message of IGMP or MLD was heard or sent')
  } finally {
    clearTimeout(timer)
    ended.abort()
    await changes.return?.()
    await Promise.all(captures.map(([, capture]) => capture[Symbol.asyncDispose]()))
  }
}

function chosen(spec: string | number | undefined): Interface[] {
  if (spec !== undefined) return [findInterface(spec)]
  const list = multicastInterfaces()
  if (list.length === 0) throw new Failure('no interface is up and takes multicast; name one with -i')
  return list
}
