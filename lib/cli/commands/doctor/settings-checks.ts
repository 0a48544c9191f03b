// Checks the kernel's settings: limits of memberships, and forced versions of IGMP and MLD.

import { type Finding, fail, pass, RANK, skip, warn } from './finding.ts'
import { sysctl, sysctlName } from './system.ts'
import type { WantedChannel } from './wanted-channel.ts'

function limits({ family, sources }: WantedChannel): Finding {
  const path = family === 'ipv4' ? 'net/ipv4/igmp_max_msf' : 'net/ipv6/mld_max_msf'
  const perGroup = sysctl(path)
  const name = path.replaceAll('/', '.')
  if (perGroup !== undefined && sources.length > perGroup)
    return warn('limits', {
      says: `${name} is ${perGroup}: a socket can't join more sources of a group, and ${sources.length} are wanted`,
      fix: `sysctl -w ${name}=${sources.length}`,
      cause: `the limit ${name} (${perGroup}) is reached: ${sources.length} sources are wanted`,
      // The doctor spreads the sources over several sockets, which a program may not.
      certainty: 'possible',
      rank: RANK.joinRefused,
    })
  if (family === 'ipv6')
    return pass(
      'limits',
      perGroup === undefined
        ? `${name} can't be read here, only in the host's own network namespace`
        : `${name} is ${perGroup} sources a group`,
    )
  const groups = sysctl('net/ipv4/igmp_max_memberships')
  if (groups === undefined || perGroup === undefined)
    return skip('limits', "/proc/sys/net can't be read here; so the limits of memberships were not looked at")
  if (groups === 0)
    return fail('limits', {
      says: 'net.ipv4.igmp_max_memberships is 0: no socket can join anything',
      fix: 'sysctl -w net.ipv4.igmp_max_memberships=20',
      cause: 'the limit net.ipv4.igmp_max_memberships is 0: no socket can join anything',
      certainty: 'proven',
      rank: RANK.joinRefused + 1,
    })
  return pass(
    'limits',
    `a socket can join ${groups} groups (igmp_max_memberships), and ${perGroup} sources of a group (igmp_max_msf)`,
  )
}

/** Reports of an older version can't name sources, so the network sends the datagrams of every source, or of none. */
function forcedVersion({ family, sources, on }: WantedChannel): Finding[] {
  const [protocol, setting, newest] = family === 'ipv4' ? ['IGMP', 'ipv4', 3] : ['MLD', 'ipv6', 2]
  const option = family === 'ipv4' ? 'force_igmp_version' : 'force_mld_version'
  const paths = ['all', on.name].map((scope) => `net/${setting}/conf/${scope}/${option}`)
  // A kernel without IPv6 has none of its settings, and forces nothing.
  if (family === 'ipv4' && paths.every((path) => sysctl(path) === undefined))
    return [
      skip('version', `/proc/sys/net can't be read here; so whether an older ${protocol} is forced was not looked at`),
    ]
  for (const path of paths) {
    const version = sysctl(path)
    if (version === undefined || version === 0 || version >= newest) continue
    const name = sysctlName(path)
    const fix = `sysctl -w ${name}=0`
    const says = `${name} is ${version}: this host speaks ${protocol}v${version}`
    if (sources.length === 0) return [warn('version', { says: `${says}, whose reports can't name sources`, fix })]
    return [
      fail('version', {
        says: `${says}, whose reports can't name the source`,
        fix,
        cause: `${name} is ${version}: reports of ${protocol}v${version} can't name a source, so routers don't learn which one is wanted`,
        certainty: 'likely',
        rank: RANK.sourceLost,
      }),
    ]
  }
  return [pass('version', `no older version of ${protocol} is forced`)]
}

export const settingsChecks = (wanted: WantedChannel): Finding[] => [limits(wanted), ...forcedVersion(wanted)]
