// Checks whether the reverse path filter drops the sources.

import { growth } from '../../../kernel/proc-counters.ts'
import { interfaceLabel } from '../../shell/interface-option.ts'
import { type Finding, fail, pass, RANK, warn } from './finding.ts'
import type { Observation } from './observation.ts'
import { sysctl, sysctlName } from './system.ts'
import type { WantedChannel } from './wanted-channel.ts'

const COUNTER = 'TcpExt.IPReversePathFilter'

/** The setting that counts is the larger of two: that for all interfaces, and this interface's own. ip-sysctl.rst */
function settingOf(name: string): { value: number; setting: string; settings: string[] } {
  const paths = ['all', name].map((scope) => `net/ipv4/conf/${scope}/rp_filter`)
  const [all = 0, own = 0] = paths.map(sysctl)
  const [ofAll = '', ofOwn = ''] = paths.map(sysctlName)
  return {
    value: Math.max(all, own),
    setting: all > own ? ofAll : ofOwn,
    settings: all === 0 ? [ofOwn] : own === 0 ? [ofAll] : [ofAll, ofOwn],
  }
}

const RP_FILTER_MODES = ['off', 'strict', 'loose']

/**
 * The filter drops a packet that came in by another interface than the one by which the kernel would answer its source.
 */
export function reversePathChecks({ family, on, sources }: WantedChannel, seen: Observation): Finding[] {
  if (family === 'ipv6') return []
  const { value, setting: name, settings } = settingOf(on.name)
  const dropped = growth(seen.before.counters, seen.after.counters, COUNTER)
  const foreign = [...seen.routes].flatMap(([source, index]) => {
    if (value === 0 || on.flags.loopback || index === on.index || (value === 2 && index > 0)) return []
    if (index <= 0) return [`there is no route to ${source} at all`]
    const by = interfaceLabel(index)
    // The source is an address of this host, whose packets to itself are not filtered.
    return by === 'lo' ? [] : [`the route to ${source} goes by ${by}`]
  })
  const mode = `${name} is ${value} (${RP_FILTER_MODES[value] ?? 'unknown'})`
  if (foreign.length === 0 && dropped === 0)
    return [pass('reverse path', `${mode}; the filter dropped nothing meanwhile`)]
  const says = [mode, ...foreign, `the filter dropped ${dropped} packets meanwhile`].join('; ')
  const fix = `give the source a route by ${on.name} (ip route add ${sources[0] ?? 'SOURCE'} dev ${on.name}), or sysctl -w ${
    foreign.some((text) => text.endsWith('at all')) ? settings.map((one) => `${one}=0`).join(' ') : `${name}=2`
  }`
  const cause = `the reverse path filter drops the datagrams: ${foreign[0] ?? 'some source has another route'}, and rp_filter on ${on.name} is ${RP_FILTER_MODES[value]}`
  if (foreign.length === 0)
    return [warn('reverse path', { says, fix: `name the source with --source, or see nstat ${COUNTER}` })]
  if (dropped > 0) return [fail('reverse path', { says, fix, cause, rank: RANK.reversePathDropped })]
  // The filter would drop these sources. But if the wire was watched, it showed none of their packets.
  return [
    warn('reverse path', {
      says,
      fix,
      cause,
      rank: seen.captureRefused === undefined ? RANK.fragments : RANK.reversePath,
    }),
  ]
}
