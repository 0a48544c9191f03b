// Checks the join: whether it works, whether the kernel lists the group, and which IGMP or MLD is spoken.

import type { SocketOptionError } from '../../../index.ts'
import { type Finding, fail, pass, RANK, skip, warn } from './finding.ts'
import type { Observation } from './observation.ts'
import { channelText, type WantedChannel } from './wanted-channel.ts'

const protocolOf = ({ family }: WantedChannel): string => (family === 'ipv4' ? 'IGMP' : 'MLD')
const newestOf = ({ family }: WantedChannel): number => (family === 'ipv4' ? 3 : 2)

/** In milliseconds: having heard no query for less than this means nothing. */
const MIN_QUERY_WAIT = 3000

/** More sockets help against the limits of one socket, and not if descriptors are used up. */
const limitFix = ({ code }: SocketOptionError): string =>
  ['EMFILE', 'ENFILE'].includes(code)
    ? 'raise the limit the message names'
    : 'raise the limit the message names, or use more sockets'

function joinCheck(wanted: WantedChannel, { joinRefused, bindRefused }: Observation): Finding[] {
  if (joinRefused !== undefined)
    return [
      fail('join', {
        says: joinRefused.message,
        ...(joinRefused.reason === 'limit' && { fix: limitFix(joinRefused) }),
        cause:
          joinRefused.reason === 'limit'
            ? `a limit is reached: ${joinRefused.message}`
            : `the join is refused: ${joinRefused.message}`,
        rank: RANK.joinRefused,
      }),
    ]
  const joined = pass('join', `joined ${channelText(wanted)} on ${wanted.on.name}`)
  if (bindRefused === undefined) return [joined]
  return [
    joined,
    fail('bind', {
      says: bindRefused.message,
      fix: 'set SO_REUSEADDR on both sockets before bind, or end the other program',
      cause: `another socket has port ${wanted.port} for itself`,
      rank: RANK.portTaken,
    }),
  ]
}

function listedCheck({ group, sources, on }: WantedChannel, { joinRefused, listed }: Observation): Finding[] {
  if (joinRefused !== undefined) return []
  if (listed === undefined)
    return [
      warn('membership', {
        says: `the kernel does not list ${group} on ${on.name}`,
        fix: `see sockctl groups -i ${on.name}`,
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
    ({ address, exclude }) => exclude > 0 && (sources.length === 0 || sources.includes(address)),
  )
  for (const { address, exclude } of blocked) {
    const sockets = exclude === 1 ? 'a socket of this host' : `${exclude} sockets of this host`
    findings.push(
      warn('blocked', {
        says: `${sockets} block${exclude === 1 ? 's' : ''} ${address} on ${group}`,
        fix: `unblock it in that program (IP_UNBLOCK_SOURCE, MCAST_UNBLOCK_SOURCE); sockctl groups ${group} shows the filters`,
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
      fix: `have the querier speak ${protocol}v${newest}; or sysctl force_${protocol.toLowerCase()}_version=${newest} on ${wanted.on.name}`,
      cause: `${wanted.on.name} speaks ${protocol}v${lowest}, whose reports can't name a source`,
      rank: RANK.sourceLost - 1,
    }),
  ]
}

function wireCheck(
  wanted: WantedChannel,
  { captureRefused, joinRefused, reports, queries, listened }: Observation,
): Finding[] {
  const protocol = protocolOf(wanted)
  if (joinRefused !== undefined) return []
  if (captureRefused !== undefined)
    return [skip('querier', `${captureRefused.says}; so reports and queries were not looked for`)]
  const findings: Finding[] = []
  const [report] = reports
  if (report !== undefined && report.message.type !== 'other')
    findings.push(
      pass(
        'report',
        `an ${protocol}v${report.message.version} report for ${wanted.group} went out to ${report.destination}`,
      ),
    )
  else if (!wanted.on.flags.loopback)
    findings.push(
      skip(
        'report',
        `this host sent no ${protocol} report for ${wanted.group}: the group was joined before, or needs no report`,
      ),
    )
  const [query] = queries
  const seconds = (listened / 1000).toFixed(1)
  if (query !== undefined && query.message.type === 'query')
    findings.push(pass('querier', `${query.source} sends queries of ${protocol}v${query.message.version}`))
  else if (listened < MIN_QUERY_WAIT)
    findings.push(
      skip('querier', `no ${protocol} query in ${seconds} s; queries may come only every 125 s: --wait 130s`),
    )
  else
    findings.push(
      warn('querier', {
        says: `no ${protocol} query in ${seconds} s; queries may come only every 125 s`,
        fix: 'listen longer, --wait 130s; without queries, switches that snoop stop forwarding after some minutes',
        cause: `no ${protocol} querier was heard`,
        rank: RANK.noQuerier,
      }),
    )
  return findings
}

export const membershipChecks = (wanted: WantedChannel, seen: Observation): Finding[] => [
  ...joinCheck(wanted, seen),
  ...listedCheck(wanted, seen),
  ...fallbackCheck(wanted, seen),
  ...wireCheck(wanted, seen),
]
