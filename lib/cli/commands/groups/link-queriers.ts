// Which version of IGMP and MLD the querier of each interface speaks: as the kernel shows it, and as it was heard.

import { parseCounters } from '../../../kernel/proc-counters.ts'
import type { HostMembership } from '../../../kernel/proc-net.ts'
import type { IpFamily } from '../../../net/address.ts'
import { nextQueryAt, type Querier } from '../../../protocols/querier-table.ts'
import { multicastInterfaces } from '../../shell/interface-option.ts'
import type { Paint } from '../../shell/paint.ts'
import type { Column } from '../../shell/table.ts'
import { ago, plural } from '../../shell/units.ts'
import { readText, sysctl } from '../doctor/system.ts'

/** A querier as it was heard. */
export interface HeardQuerier {
  readonly address: string
  readonly version: number
  /** When its last query was heard, and when the next one is expected. */
  readonly lastQuery: Date
  readonly nextQuery: Date
  /** In seconds; absent if the querier has not told. Then the default of the RFCs is expected, 125 s. */
  readonly interval?: number
}

/** What is known of the querier of an interface. */
export interface LinkQuerier {
  readonly interface: string
  readonly index: number
  readonly family: IpFamily
  /**
   * The version this host speaks there: that of the oldest querier of the last minutes, or the newest if there is none.
   * Of MLD the kernel shows it only if a setting forces it.
   */
  readonly hostVersion?: number
  /** The setting that forces the version. */
  readonly forcedBy?: string
  /** How many queries of MLD the kernel has taken on the interface; of IGMP it does not tell. */
  readonly queries?: number
  readonly heard?: HeardQuerier
}

export const heardQuerier = (querier: Querier): HeardQuerier => ({
  address: querier.address,
  version: querier.version,
  lastQuery: new Date(querier.heardAt),
  nextQuery: new Date(nextQueryAt(querier)),
  ...(querier.interval !== undefined && { interval: querier.interval / 1000 }),
})

/** The setting that forces a version, and the version. */
function forcedVersion(family: IpFamily, name: string): { hostVersion: number; forcedBy: string } | undefined {
  const [place, setting] = family === 'ipv4' ? ['ipv4', 'force_igmp_version'] : ['ipv6', 'force_mld_version']
  for (const scope of ['all', name]) {
    const hostVersion = sysctl(`net/${place}/conf/${scope}/${setting}`)
    if (hostVersion !== undefined && hostVersion > 0)
      return { hostVersion, forcedBy: `net.${place}.conf.${scope.replaceAll('.', '/')}.${setting}` }
  }
  return undefined
}

/** How many queries of MLD an interface has taken. */
function mldQueries(name: string): { queries: number } | undefined {
  const queries = parseCounters(readText(`/proc/net/dev_snmp6/${name}`)).get('Icmp6InGroupMembQueries')
  return queries === undefined ? undefined : { queries }
}

/**
 * The queriers of the interfaces that are up and take multicast.
 *
 * @param heard the querier that was heard on an interface
 */
export function linkQueriers(
  memberships: readonly HostMembership[],
  heard: (index: number, family: IpFamily) => Querier | undefined,
): LinkQuerier[] {
  return multicastInterfaces().flatMap(({ name, index }) =>
    (['ipv4', 'ipv6'] as const).flatMap((family): LinkQuerier[] => {
      const one = memberships.find((membership) => membership.index === index && membership.family === family)
      if (one === undefined) return []
      const querier = heard(index, family)
      return [
        {
          ...{ interface: name, index, family },
          ...(one.igmpVersion !== undefined && { hostVersion: one.igmpVersion }),
          ...forcedVersion(family, name),
          ...(family === 'ipv6' && mldQueries(name)),
          ...(querier !== undefined && { heard: heardQuerier(querier) }),
        },
      ]
    }),
  )
}

export const protocolName = (family: IpFamily, version: number | undefined): string =>
  `${family === 'ipv4' ? 'IGMP' : 'MLD'}${version === undefined ? '' : `v${version}`}`

const NEWEST = { ipv4: 3, ipv6: 2 } as const

function querierText({ family, hostVersion, forcedBy, queries, heard }: LinkQuerier, { warn, dim }: Paint): string {
  const forced =
    forcedBy === undefined ? '' : warn(`, this host speaks ${protocolName(family, hostVersion)} by ${forcedBy}`)
  if (heard !== undefined) {
    const name = protocolName(family, heard.version)
    return `${heard.address} (${heard.version < NEWEST[family] ? warn(name) : name})${forced}`
  }
  if (forced !== '') return `-${forced}`
  if (hostVersion !== undefined)
    return hostVersion < NEWEST[family]
      ? warn(protocolName(family, hostVersion))
      : `${protocolName(family, hostVersion)}, or none`
  if (queries === undefined) return dim('-')
  return queries === 0 ? warn('no MLD query so far') : `MLD, ${plural(queries, 'query', 'queries')} so far`
}

const timesColumns = (now: number): Column<LinkQuerier>[] => [
  {
    head: 'LAST QUERY',
    cell: ({ heard }, { dim }) => (heard === undefined ? dim('-') : `${ago(now - heard.lastQuery.getTime())}`),
  },
  {
    head: 'NEXT QUERY',
    cell: ({ heard }, { dim, warn }) => {
      if (heard === undefined) return dim('-')
      const left = Math.ceil((heard.nextQuery.getTime() - now) / 1000)
      return left >= 0 ? `in ${left} s` : warn(`${-left} s late`)
    },
  },
]

/** @param listened whether queriers were listened for */
export const querierColumns = (listened: boolean, now: number): Column<LinkQuerier>[] => [
  { head: 'INTERFACE', cell: (one) => one.interface },
  { head: 'PROTOCOL', cell: ({ family }) => protocolName(family, undefined) },
  { head: 'QUERIER', cell: querierText },
  ...(listened ? timesColumns(now) : []),
]
