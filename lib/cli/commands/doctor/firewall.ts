// Checks whether this host's firewall drops the datagrams: its rules are followed as the kernel follows them.

import { certaintyOf, type Obstacle, type Rule, type Table } from '../../../kernel/firewall/model.ts'
import { plural } from '../../shell/units.ts'
import { lossOf } from './arrival.ts'
import { type Certainty, type Finding, fail, pass, RANK, skip, warn } from './finding.ts'
import { barrierTo, conditionOf, datagramOf, membershipPacket } from './firewall-path.ts'
import type { Observation } from './observation.ts'
import { withRights } from './system.ts'
import { commandLine, isWantedSource, type WantedChannel, wantedFlows } from './wanted-channel.ts'
import { type ObservedFlow, soundOf } from './wire.ts'

/** How many flows are followed through the rules: the busiest ones. */
const MAX_FLOWS = 8

const keyOf = ({ tool, family, name }: Table, chain: string, rule: Rule | undefined): string =>
  `${tool} ${family} ${name} ${chain} ${rule?.position ?? 'policy'}`

/** By how much the counter of each rule has risen meanwhile; undefined for a rule that does not count. */
function countersOf({ firewall }: Observation): (obstacle: Obstacle) => number | undefined {
  const after = new Map<string, number | undefined>()
  if (firewall.after !== firewall.before)
    for (const table of firewall.after.tables)
      for (const chain of table.chains.values()) {
        after.set(keyOf(table, chain.name, undefined), chain.base?.policyPackets)
        for (const rule of chain.rules) after.set(keyOf(table, chain.name, rule), rule.packets())
      }
  return ({ table, chain, rule, packets }) => {
    const now = after.get(keyOf(table, chain.name, rule))
    return now === undefined || packets === undefined ? undefined : now - packets
  }
}

const percent = (share: number): string => `${Math.round(share * 100)} %`

const DEEDS = {
  drops: ['drops', 'drop'],
  diverts: ['diverts', 'divert'],
  asks: ['hands to a program', 'hand to a program'],
} as const

/** What an obstacle does to `packets`: `this host's firewall drops the datagrams: inet filter input: drop`. */
function deedOf({ does, portion, text }: Obstacle, certainty: ReturnType<typeof certaintyOf>, packets: string): string {
  const [doing, verb] = DEEDS[does]
  if (certainty === 'always') return `this host's firewall ${doing} ${packets}: ${text}`
  if (certainty === 'share') {
    const share = portion.least > 0 ? `at least ${percent(portion.least)}` : 'a share'
    return `a rate limit of this host's firewall ${doing} ${share} of ${packets}: ${text}`
  }
  const reasons = portion.unjudged.length === 0 ? '' : ` (not known: ${portion.unjudged.slice(0, 3).join(', ')})`
  return `this host's firewall may ${verb} ${packets}${reasons}: ${text}`
}

interface Evidence {
  /** Datagrams of the flow that should have passed the firewall. */
  readonly onWire: number
  readonly lost: number
  readonly total: boolean
}

/** What became of a flow between the wire and the far side of the firewall. */
function evidenceOf(wanted: WantedChannel, seen: Observation, flow: ObservedFlow): Evidence {
  const onWire = soundOf(flow)
  const beyond = (seen.passed ?? seen.delivered)?.get(flow.source) ?? 0
  // Several ports of one source are counted as one past the firewall.
  const lost = Math.max(0, onWire - beyond)
  const { lost: any } = lossOf(wanted, seen)
  return { onWire, lost: any === 0 ? 0 : lost, total: onWire > 0 && beyond === 0 }
}

/** How well a rise of a counter fits a number of lost datagrams. */
const fits = (risen: number, lost: number): boolean => risen >= lost * 0.8

/** The finding for one obstacle to a flow that was seen on the wire; undefined if the obstacle took nothing of it. */
function findingOf(
  obstacle: Obstacle,
  fix: string | undefined,
  risen: number | undefined,
  { lost, total, onWire }: Evidence,
): Finding | undefined {
  const certainty = certaintyOf(obstacle)
  const deed = deedOf(obstacle, certainty, 'the datagrams')
  const counted = risen === undefined ? '' : `, ${risen} of them meanwhile`
  if (lost === 0) return undefined
  // A rule that counts, and met nothing, did not meet these datagrams.
  if (risen === 0)
    return warn('firewall', {
      says: `${deed}; it met none meanwhile`,
      advice: 'look for what drops them before that rule',
    })
  const cause = (sure: Certainty): Finding =>
    fail('firewall', {
      says: `${deed}${counted}`,
      fix,
      cause: deed,
      certainty: sure,
      rank: RANK.firewallDropped,
    })
  if (risen !== undefined && fits(risen, lost)) return cause('likely')
  if (certainty === 'always') return total ? cause('likely') : undefined
  if (risen !== undefined)
    return warn('firewall', { says: `${deed}${counted}, which is too few for ${lost} lost ones` })
  if (certainty === 'share' && !total && obstacle.portion.least > 0 && fits(lost, obstacle.portion.least * onWire))
    return cause('likely')
  return warn('firewall', {
    says: deed,
    fix,
    cause: deed,
    certainty: 'possible',
    rank: RANK.firewallDropped,
  })
}

const unseenText = ({ firewall: { before } }: Observation): string => before.unseen.join('; ')

function withFlows(wanted: WantedChannel, seen: Observation, flows: readonly ObservedFlow[]): Finding[] {
  const { tables, unseen } = seen.firewall.before
  const risenOf = countersOf(seen)
  const findings: Finding[] = []
  const told = new Set<string>()
  let mayMatch = 0
  let cut = false
  for (const flow of flows) {
    const { obstacles, fix, cutShort } = barrierTo(tables, datagramOf(wanted, seen, flow))
    cut ||= cutShort
    mayMatch += obstacles.length
    const evidence = evidenceOf(wanted, seen, flow)
    for (const obstacle of obstacles) {
      if (told.has(obstacle.text)) continue
      const found = findingOf(obstacle, fix, risenOf(obstacle), evidence)
      if (found === undefined) continue
      told.add(obstacle.text)
      findings.push(found)
    }
  }
  const isLost = flows.some((flow) => evidenceOf(wanted, seen, flow).total)
  if (isLost && unseen.length > 0 && !findings.some(({ cause }) => cause?.certainty === 'likely'))
    findings.push(
      warn('firewall', {
        says: `none of the datagrams passes the firewall, whose rules were not all seen: ${unseenText(seen)}`,
        advice: seen.firewall.before.isLate
          ? `give doctor more time to list the rules: ${commandLine('doctor', wanted)} --wait 30s`
          : `have the rules listed: run doctor ${withRights('CAP_NET_ADMIN')}, with nft and iptables installed`,
        cause: `a rule of the firewall may drop the datagrams: ${unseenText(seen)}`,
        certainty: 'possible',
        rank: RANK.firewallDropped - 1,
      }),
    )
  if (findings.length > 0) return findings
  if (cut) return [skip('firewall', 'there are too many rules to follow all of them')]
  const also = unseen.length === 0 ? '' : `; not seen: ${unseenText(seen)}`
  if (tables.length === 0 && unseen.length > 0)
    return [skip('firewall', `its rules were not seen: ${unseenText(seen)}`)]
  if (mayMatch > 0) return [pass('firewall', `${mayMatch} rules may drop such datagrams; none did meanwhile${also}`)]
  return [pass('firewall', `no rule drops the datagrams${also}`)]
}

/** Whether the stream comes in by a port of the wanted bridge. */
const comesByPort = (wanted: WantedChannel, { flows, portsOfWanted }: Observation): boolean =>
  flows.some(
    (flow) =>
      portsOfWanted.has(flow.interfaceIndex) &&
      (wanted.port === undefined || flow.port === wanted.port) &&
      isWantedSource(wanted, flow.source),
  )

/** What the rules would do to datagrams that did not come, or could not be seen to. */
function withoutFlows(wanted: WantedChannel, seen: Observation): Finding[] {
  const { tables, unseen } = seen.firewall.before
  const { obstacles, fix } = barrierTo(tables, datagramOf(wanted, seen, undefined))
  const surely = obstacles.find((obstacle) => certaintyOf(obstacle) === 'always')
  const also = unseen.length === 0 ? '' : `; not seen: ${unseenText(seen)}`
  if (surely !== undefined) {
    const cause = deedOf(surely, 'always', 'the datagrams')
    // What comes in by a port of the bridge has met the rules before the bridge hands it on.
    const isAtPort = ['bridge', 'netdev'].includes(surely.table.family) && comesByPort(wanted, seen)
    if (isAtPort)
      return [fail('firewall', { says: cause, fix, cause, certainty: 'likely', rank: RANK.firewallDropped })]
    const says = `${deedOf(surely, 'always', 'such datagrams once they come')}${also}`
    if (seen.captureRefused === undefined || (seen.delivered?.size ?? 0) > 0) return [warn('firewall', { says, fix })]
    return [fail('firewall', { says, fix, cause, certainty: 'possible', rank: RANK.firewallDropped })]
  }
  if (tables.length === 0 && unseen.length > 0)
    return [skip('firewall', `its rules were not seen: ${unseenText(seen)}`)]
  const [one] = obstacles
  if (one !== undefined) return [pass('firewall', `${deedOf(one, certaintyOf(one), 'such datagrams')}${also}`)]
  return [pass('firewall', `no rule would drop such datagrams${also}`)]
}

/** What a trace by the kernel proved: the rules that dropped datagrams which it followed. */
function traceChecks(wanted: WantedChannel, seen: Observation): Finding[] {
  const { trace } = seen
  if (trace === undefined) return []
  if (trace.refused !== undefined) return [skip('trace', trace.refused)]
  const datagrams = plural(trace.packets, 'datagram')
  if (trace.packets === 0) return [skip('trace', 'no datagram came that could be traced through the rules')]
  if (trace.drops.length === 0) return [pass('trace', `${datagrams} traced through nf_tables; no rule dropped any`)]
  const { obstacles, fix } = barrierTo(seen.firewall.before.tables, datagramOf(wanted, seen, undefined))
  return trace.drops.map(({ drop: { family, table, chain, rule }, packets }) => {
    const text = `${family} ${table} ${chain}: ${rule}`
    const isFollowed = obstacles.some(({ table: of }) => of.family === family && of.name === table)
    const condition = conditionOf(datagramOf(wanted, seen, undefined), true)
    return fail('firewall', {
      says: `the kernel traced ${plural(packets, 'datagram')} to ${packets === 1 ? 'its' : 'their'} end: dropped by ${text}`,
      // A rule that accepts ends the way through all chains of the hook, also from a chain that was jumped to.
      fix: isFollowed ? fix : `nft insert rule ${family} ${table} ${chain} ${condition} accept`,
      cause: `this host's firewall drops the datagrams: ${text}`,
      certainty: 'proven',
      rank: RANK.firewallDropped,
    })
  })
}

/** What the firewall's rules do to the datagrams. */
export function firewallChecks(wanted: WantedChannel, seen: Observation): Finding[] {
  const traced = traceChecks(wanted, seen)
  return traced.some(({ cause }) => cause !== undefined) ? traced : [...ruleChecks(wanted, seen), ...traced]
}

function ruleChecks(wanted: WantedChannel, seen: Observation): Finding[] {
  // Without a join nothing shows whether they passed.
  const flows = (seen.joinRefused === undefined ? wantedFlows(wanted, seen.flows) : [])
    .filter((flow) => soundOf(flow) > 0)
    .toSorted((a, b) => b.datagrams - a.datagrams)
    .slice(0, MAX_FLOWS)
  return flows.length === 0 ? withoutFlows(wanted, seen) : withFlows(wanted, seen, flows)
}

/** The command that has the firewall let queries in, or reports out; undefined if no rule surely drops them. */
export function membershipFix(wanted: WantedChannel, seen: Observation, direction: 'in' | 'out'): string | undefined {
  const { obstacles, fix } = barrierTo(seen.firewall.before.tables, membershipPacket(wanted, seen, direction))
  return obstacles.some((obstacle) => certaintyOf(obstacle) === 'always') ? fix : undefined
}
