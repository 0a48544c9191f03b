// Checks whether the reverse path filter drops the sources.

import { growth } from '../../../kernel/proc-counters.ts'
import { interfaceLabel } from '../../shell/interface-option.ts'
import { explains, lossOf } from './arrival.ts'
import { type Finding, fail, pass, RANK, warn } from './finding.ts'
import type { Observation } from './observation.ts'
import { sysctl, sysctlName } from './system.ts'
import type { WantedChannel } from './wanted-channel.ts'

const COUNTER = 'TcpExt.IPReversePathFilter'

/** The setting that counts is the larger of two: that for all interfaces, and this interface's own. ip-sysctl.rst */
function settingOf(name: string): { value: number; setting: string } {
  const paths = ['all', name].map((scope) => `net/ipv4/conf/${scope}/rp_filter`)
  const [all = 0, own = 0] = paths.map(sysctl)
  const [ofAll = '', ofOwn = ''] = paths.map(sysctlName)
  return { value: Math.max(all, own), setting: all > own ? ofAll : ofOwn }
}

const RP_FILTER_MODES = ['off', 'strict', 'loose']

interface ForeignSource {
  readonly source: string
  readonly says: string
  /** Whether the source has a usable route, by another interface. */
  readonly hasRoute: boolean
}

/** The sources that the filter drops: those the kernel would answer by another interface. */
function foreignSources({ on }: WantedChannel, seen: Observation, value: number): ForeignSource[] {
  return [...seen.routes].flatMap(([source, index]): ForeignSource[] => {
    if (value === 0 || on.flags.loopback || index === on.index || (value === 2 && index > 0)) return []
    const kind = seen.routeKinds.get(source)
    if (kind !== undefined) return [{ source, says: `the route to ${source} is ${kind}`, hasRoute: false }]
    if (index <= 0) return [{ source, says: `there is no route to ${source} at all`, hasRoute: false }]
    const by = interfaceLabel(index)
    // The source is an address of this host, whose packets to itself are not filtered.
    return by === 'lo' ? [] : [{ source, says: `the route to ${source} goes by ${by}`, hasRoute: true }]
  })
}

/**
 * The filter drops a packet that came in by another interface than the one by which the kernel would answer its source.
 */
export function reversePathChecks(wanted: WantedChannel, seen: Observation): Finding[] {
  const { family, on } = wanted
  if (family === 'ipv6') return []
  const { value, setting: name } = settingOf(on.name)
  const dropped = growth(seen.before.counters, seen.after.counters, COUNTER)
  const foreign = foreignSources(wanted, seen, value)
  const [first] = foreign
  const mode = `${name} is ${value} (${RP_FILTER_MODES[value] ?? 'unknown'})`
  if (first === undefined)
    return [
      pass(
        'reverse path',
        dropped === 0
          ? `${mode}; the filter dropped nothing meanwhile`
          : `${mode}; what the filter dropped meanwhile came from elsewhere`,
      ),
    ]
  const says = [mode, ...foreign.map((one) => one.says), `the filter dropped ${dropped} packets meanwhile`].join('; ')
  const fix = first.hasRoute
    ? `sysctl -w ${sysctlName(`net/ipv4/conf/${on.name}/rp_filter`)}=2`
    : `ip route replace ${first.source} dev ${on.name}`
  const cause = `the reverse path filter drops the datagrams: ${first.says}, and rp_filter on ${on.name} is ${RP_FILTER_MODES[value]}`
  const ofForeign = new Set(foreign.map(({ source }) => source))
  const { lost, lostOf } = lossOf(wanted, seen)
  if (lost > 0 && explains(dropped, lost) && [...lostOf.keys()].every((source) => ofForeign.has(source)))
    return [fail('reverse path', { says, fix, cause, certainty: 'likely', rank: RANK.reversePathDropped })]
  // The filter would drop these sources. But if the wire was watched, it showed none of their packets.
  return [warn('reverse path', { says, fix, cause, certainty: 'possible', rank: RANK.reversePath })]
}
