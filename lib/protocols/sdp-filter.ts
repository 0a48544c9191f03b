// Source filters of session descriptions (RFC 4570): which sources of a group to join or to block.

import { show } from '../base/errors.ts'
import { familyOf, type IpFamily, isMulticast } from '../net/address.ts'
import { MAX_ENTRIES, readAddress, readConnectionAddress } from './sdp-address.ts'

/** What one `a=source-filter` line says. */
export interface SdpFilter {
  mode: 'incl' | 'excl'
  /** Absent if the filter is for both families. */
  family?: IpFamily
  /** Absent if the filter is for every group. */
  groups?: ReadonlySet<string>
  /** Addresses or names of hosts. */
  sources: string[]
}

/** A filter as far as it is understood, and what is not. */
export interface ReadFilter {
  filter?: SdpFilter
  problems: string[]
}

/** Characters of names of hosts: others could do harm where a name is printed. */
const HOST_NAME = /^[a-z\d][a-z\d.-]*$/i

function readSource(text: string): string | undefined {
  const address = readAddress(text.replace(/\/(32|128)$/, ''))
  if (address !== undefined) return isMulticast(address) ? undefined : address
  // Digits alone are an address that is none.
  return HOST_NAME.test(text) && !/^[\d.]+$/.test(text) ? text : undefined
}

/**
 * Reads what follows `a=source-filter:`, as `incl IN IP4 239.1.1.1 10.0.0.1 10.0.0.2`. Letters in any case, blanks of any number,
 * and a group with its TTL are taken as many senders write them.
 */
export function readFilter(value: string): ReadFilter {
  const words = value.split(/[\s,]+/).filter((word) => word !== '')
  const mode = words[0]?.toLowerCase()
  if (mode !== 'incl' && mode !== 'excl')
    return { problems: [`a source filter begins with incl or excl, not ${show(words[0] ?? '')}`] }
  // IN, or * for any kind of network; some senders leave it out.
  const at = /^(in|\*)$/i.test(words[1] ?? '') && /^(ip[46]|\*)$/i.test(words[2] ?? '') ? 2 : 1
  const type = words[at]?.toLowerCase() ?? ''
  if (!/^(ip[46]|\*)$/.test(type))
    return { problems: [`a source filter is for IN IP4, IN IP6 or IN *, not ${show(words.slice(1, 3).join(' '))}`] }
  const destination = words[at + 1] ?? ''
  const given = words.slice(at + 2)
  if (given.length === 0) return { problems: ['a source filter without a source'] }
  const read = destination === '*' ? undefined : readConnectionAddress(destination)
  if (destination !== '*' && (read === undefined || read.groups.length === 0))
    return { problems: [`a source filter is for a group or for *, not ${show(destination)}`] }
  const sources: string[] = []
  const problems: string[] = read?.problem === undefined ? [] : [read.problem]
  for (const word of given.slice(0, MAX_ENTRIES)) {
    const source = readSource(word)
    if (source === undefined) problems.push(`${show(word)} is no address of a host`)
    else sources.push(source)
  }
  if (sources.length === 0) return { problems }
  return {
    filter: {
      mode,
      ...whereOf(
        type,
        read?.groups.map(({ group }) => group),
      ),
      sources,
    },
    problems,
  }
}

/** Of which groups and family a filter is: those of the groups' own, if the type says another. */
function whereOf(type: string, groups: string[] | undefined): Pick<SdpFilter, 'family' | 'groups'> {
  const [first] = groups ?? []
  if (groups !== undefined && first !== undefined) return { groups: new Set(groups), family: familyOf(first) }
  return type === '*' ? {} : { family: type === 'ip6' ? 'ipv6' : 'ipv4' }
}

/** Whether a filter is for a group. */
export const isFor = ({ family, groups }: SdpFilter, group: string): boolean =>
  (family ?? familyOf(group)) === familyOf(group) && (groups?.has(group) ?? true)
