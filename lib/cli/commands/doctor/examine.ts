// Runs every check of the doctor, and sums up what became of the stream.

import { arrivedOf } from './arrival.ts'
import { bridgeChecks, isNeverSnooped } from './bridge-checks.ts'
import { type Finding, fail, RANK } from './finding.ts'
import { frameChecks } from './frame-checks.ts'
import { groupChecks } from './group-checks.ts'
import { hostChecks } from './host-checks.ts'
import { interfaceChecks } from './interface-checks.ts'
import { membershipChecks } from './membership-checks.ts'
import { networkChecks } from './network-checks.ts'
import type { Observation } from './observation.ts'
import { observe, type WaitTime } from './observe.ts'
import { forgottenBy } from './renewals.ts'
import { reversePathChecks } from './reverse-path-checks.ts'
import { settingsChecks } from './settings-checks.ts'
import { flowsToAsked } from './socket-checks.ts'
import { trafficChecks } from './traffic-checks.ts'
import type { StreamOutcome } from './verdict.ts'
import { channelText, commandLine, type WantedChannel, wantedFlows } from './wanted-channel.ts'

export interface Examination {
  readonly wait: WaitTime
  readonly passive: boolean
  /** Whether the kernel is to trace datagrams through the firewall. */
  readonly traces: boolean
  readonly stop: AbortSignal
  tell(found: readonly Finding[]): void
}

/** The interface may go away, or be set down, while the doctor looks. */
function endCheck({ on: { name, flags } }: WantedChannel, { interfaceEnd }: Observation): Finding[] {
  if (interfaceEnd === 'up' || (interfaceEnd === 'down' && !flags.up)) return []
  const isGone = interfaceEnd === 'gone'
  const text = isGone ? `the interface ${name} went away meanwhile` : `the interface ${name} was set down meanwhile`
  return [
    fail('interface', {
      says: text,
      fix: isGone ? undefined : `ip link set ${name} up`,
      advice: 'run doctor again once the interface is back',
      cause: text,
      certainty: 'proven',
      rank: RANK.interfaceGone,
    }),
  ]
}

/** In milliseconds: by then a stream that comes in by another interface was seen there. */
const ENOUGH_IF_DOWN = 1000

/** Whether a querier keeps the stream alive, or the stream needs none. */
function querierOf(wanted: WantedChannel, seen: Observation): StreamOutcome['querier'] {
  const flows = wantedFlows(wanted, seen.flows)
  const isLocal = flows.length > 0 && flows.every(({ outgoing }) => outgoing)
  if (wanted.on.flags.loopback || isNeverSnooped(wanted.group) || isLocal) return 'not-needed'
  if (seen.captureRefused !== undefined) return 'unseen'
  if (seen.link.bridge?.asks === true) return 'heard'
  const [query] = seen.queries
  if (query === undefined || query.message.type !== 'query') return 'unheard'
  // A host has this long to answer. The stream of one that does not is still there before that.
  return seen.queryAge >= query.message.maxResponseTime ? 'heard' : 'heard-lately'
}

export async function examine(
  wanted: WantedChannel,
  { wait, passive, traces, stop, tell }: Examination,
): Promise<StreamOutcome> {
  tell([...interfaceChecks(wanted), ...groupChecks(wanted), ...settingsChecks(wanted)])
  const nothing = {
    channel: channelText(wanted),
    flows: false,
    delivered: 0,
    querier: 'unseen',
    seconds: 0,
    next: `${commandLine('doctor', wanted)} --wait 130s`,
  } as const
  // Nothing comes in by an interface that is down. All else is looked at all the same.
  const patience = wanted.on.flags.up ? wait.atMost : Math.min(wait.atMost, ENOUGH_IF_DOWN)
  const time = { atMost: patience, atLeast: Math.min(wait.atLeast, patience) }
  const seen = await observe(wanted, time, { passive, traces }, stop)
  if (seen === undefined) return nothing
  const seconds = (seen.listened || (seen.looked?.length ?? 0)) / 1000
  tell([
    ...endCheck(wanted, seen),
    ...bridgeChecks(wanted, seen),
    ...membershipChecks(wanted, seen),
    ...networkChecks(wanted, seen),
    ...reversePathChecks(wanted, seen),
    ...trafficChecks(wanted, seen),
    ...frameChecks(wanted, seen),
    ...hostChecks(wanted, seen),
  ])
  const flows =
    seen.interfaceEnd === 'up' && forgottenBy(seen.renewals)?.isProven !== true && flowsToAsked(wanted, seen)
  return { ...nothing, flows, delivered: arrivedOf(seen), querier: querierOf(wanted, seen), seconds }
}
