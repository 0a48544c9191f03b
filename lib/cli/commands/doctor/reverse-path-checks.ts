// Checks whether the reverse path filter drops the sources.

import { growth } from '../../../kernel/proc-counters.ts'
import { interfaceLabel } from '../../shell/interface-option.ts'
import { explains, lossOf } from './arrival.ts'
import { type Finding, fail, pass, RANK, skip, warn } from './finding.ts'
import type { Observation } from './observation.ts'
import { sysctl, sysctlName } from './system.ts'
import type { WantedChannel } from './wanted-channel.ts'

const COUNTER = 'TcpExt.IPReversePathFilter'

/** The setting that counts is the larger of two: that for all interfaces, and this interface's own. ip-sysctl.rst */
function settingOf(name: string): { value: number; setting: string } | undefined {
  const paths = ['all', name].map((scope) => `net/ipv4/conf/${scope}/rp_filter`)
  const [all, own] = paths.map(sysctl)
  if (all === undefined || own === undefined) return undefined
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

const unreadCheck = (name: string, { interfaceEnd }: Observation): Finding =>
  skip(
    'reverse path',
    interfaceEnd === 'gone'
      ? `${name} is gone, and its rp_filter with it`
      : `rp_filter can't be read here, in /proc/sys/net/ipv4/conf; so the filter was not looked at`,
  )

/**
 * The filter drops a packet that came in by another interface than the one by which the kernel would answer its source.
 */
export function reversePathChecks(wanted: WantedChannel, seen: Observation): Finding[] {
  const { family, on } = wanted
  if (family === 'ipv6') return []
  const read = settingOf(on.name)
  if (read === undefined) return [unreadCheck(on.name, seen)]
  const { value, setting: name } = read
  const dropped = growth(seen.before.counters, seen.after.counters, COUNTER)
  const foreign = foreignSources(wanted, seen, value)
  const [first] = foreign
  const mode = `${name} is ${value} (${RP_FILTER_MODES[value] ?? 'unknown'})`
  if (first === undefined && dropped > 0 && value > 0 && seen.captureRefused !== undefined)
    return [
      warn('reverse path', {
        says: `${mode}; the filter dropped ${dropped} packets meanwhile, and whose they were can't be seen`,
        advice: `run doctor ${seen.captureRefused.remedy}, to see whose they are`,
        cause: `the reverse path filter may drop the datagrams: ${mode}, and it dropped ${dropped} packets meanwhile`,
        certainty: 'possible',
        rank: RANK.reversePath,
      }),
    ]
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
