// What the kernel lists as joined, in /proc/net/igmp, igmp6 and mcfilter6.
import { hostMemberships } from '../kernel/proc-net.ts'

/** Says whether the kernel has a group on an interface, and of an IPv6 group a source. */
export type IsListed = (group: string, index: number, source?: string) => boolean

/** Rejects if the lists can't be read. */
export async function readListedGroups(): Promise<IsListed> {
  const { readFile } = process.getBuiltinModule('node:fs/promises')
  const [igmp, igmp6, mcfilter6] = await Promise.all([
    readFile('/proc/net/igmp', 'utf8'),
    // A host without IPv6 has none.
    readFile('/proc/net/igmp6', 'utf8').catch(() => ''),
    readFile('/proc/net/mcfilter6', 'utf8').catch(() => ''),
  ])
  const listed = new Set<string>()
  for (const { group, index, sources } of hostMemberships({ igmp, igmp6, mcfilter6 })) {
    listed.add(`${group} ${index}`)
    for (const { address, include } of sources) if (include > 0) listed.add(`${group} ${index} ${address}`)
  }
  return (group, index, source) =>
    listed.has(source === undefined ? `${group} ${index}` : `${group} ${index} ${source}`)
}
