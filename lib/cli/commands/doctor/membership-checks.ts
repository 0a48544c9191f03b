// Checks the join: whether it works, whether the kernel lists the group, and which IGMP or MLD is spoken.

import type { SocketOptionError } from '../../../index.ts'
import { type Finding, fail, pass, RANK, warn } from './finding.ts'
import type { Observation } from './observation.ts'
import { sysctlName } from './system.ts'
import { channelText, type WantedChannel } from './wanted-channel.ts'

const protocolOf = ({ family }: WantedChannel): string => (family === 'ipv4' ? 'IGMP' : 'MLD')
const newestOf = ({ family }: WantedChannel): number => (family === 'ipv4' ? 3 : 2)

/** More sockets help against the limits of one socket, and not if descriptors are used up. */
const limitAdvice = ({ code }: SocketOptionError): string =>
  ['EMFILE', 'ENFILE'].includes(code)
    ? 'raise the limit the message names'
    : 'raise the limit the message names, or use more sockets'

function joinCheck(wanted: WantedChannel, { joinRefused, passive }: Observation): Finding[] {
  if (passive) return []
  if (joinRefused === undefined) return [pass('join', `joined ${channelText(wanted)} on ${wanted.on.name}`)]
  return [
    fail('join', {
      says: joinRefused.message,
      advice: joinRefused.reason === 'limit' ? limitAdvice(joinRefused) : undefined,
      cause:
        joinRefused.reason === 'limit'
          ? `a limit is reached: ${joinRefused.message}`
          : `the join is refused: ${joinRefused.message}`,
      certainty: 'proven',
      rank: RANK.joinRefused - 1,
    }),
  ]
}

function listedCheck(
  { group, sources, on, blocked: blockedByUs }: WantedChannel,
  { joinRefused, listed, passive }: Observation,
): Finding[] {
  if (joinRefused !== undefined || passive) return []
  if (listed === undefined)
    return [
      warn('membership', {
        says: `the kernel does not list ${group} on ${on.name}`,
        advice: `see sockctl groups -i ${on.name}`,
      }),
    ]
  const missing = sources.filter(
    (wanted) => !listed.sources.some(({ address, include }) => address === wanted && include > 0),
  )
  const shown = listed.sources.filter(({ include }) => include > 0).map(({ address }) => address)
  const filter = listed.mode === 'exclude' ? 'any source' : `from ${shown.join(', ')}`
  const findings: Finding[] =
    missing.length === 0
      ? [pass('membership', `the kernel lists ${group} on ${on.name}, ${filter}`)]
      : [warn('membership', { says: `the kernel lists ${group} on ${on.name} without ${missing.join(', ')}` })]
  const blocked = listed.sources.filter(
    ({ address, exclude }) =>
      exclude > 0 && !blockedByUs.includes(address) && (sources.length === 0 || sources.includes(address)),
  )
  for (const { address, exclude } of blocked) {
    const sockets = exclude === 1 ? 'a socket of this host' : `${exclude} sockets of this host`
    findings.push(
      warn('blocked', {
        says: `${sockets} block${exclude === 1 ? 's' : ''} ${address} on ${group}`,
        advice: `unblock it in that program (IP_UNBLOCK_SOURCE, MCAST_UNBLOCK_SOURCE); sockctl groups ${group} shows the filters`,
        certainty: 'possible',
        cause: `the source ${address} is blocked by ${sockets}: nothing from it arrives there`,
        rank: RANK.blockedSource,
      }),
    )
  }
  return findings
}

/** An older querier makes a host fall back to the querier's version, whose reports do not name sources. */
function fallbackCheck(wanted: WantedChannel, { listed, reports, queries }: Observation): Finding[] {
  const protocol = protocolOf(wanted)
  const newest = newestOf(wanted)
  const versions = [
    ...(listed?.igmpVersion === undefined ? [] : [listed.igmpVersion]),
    ...reports.flatMap(({ message }) => (message.type === 'other' ? [] : [message.version])),
  ]
  const lowest = Math.min(newest, ...versions)
  if (lowest >= newest) return []
  const from = queries.find(({ message }) => message.type === 'query' && message.version < newest)?.source
  const says = `${wanted.on.name} has fallen back to ${protocol}v${lowest}${from === undefined ? '' : `, the version of the querier ${from}`}`
  if (wanted.sources.length === 0) return [warn('fallback', { says: `${says}, whose reports can't name sources` })]
  return [
    fail('fallback', {
      says: `${says}, whose reports can't name the source`,
      fix: `sysctl -w ${sysctlName(`net/${wanted.family}/conf/${wanted.on.name}/force_${protocol.toLowerCase()}_version`)}=${newest}`,
      advice: `have the querier speak ${protocol}v${newest}`,
      cause: `${wanted.on.name} speaks ${protocol}v${lowest}, whose reports can't name a source`,
      certainty: 'likely',
      rank: RANK.sourceLost - 1,
    }),
  ]
}

export const membershipChecks = (wanted: WantedChannel, seen: Observation): Finding[] => [
  ...joinCheck(wanted, seen),
  ...listedCheck(wanted, seen),
  ...fallbackCheck(wanted, seen),
]
