// Which groups the kernel lists as joined, in /proc/net/igmp and igmp6.
import { hostMemberships } from '../kernel/proc-net.ts'

/** Says whether the kernel has a group on an interface. Rejects if the lists can't be read. */
export async function readListedGroups(): Promise<(group: string, index: number) => boolean> {
  const { readFile } = process.getBuiltinModule('node:fs/promises')
  const [igmp, igmp6] = await Promise.all([
    readFile('/proc/net/igmp', 'utf8'),
    // A host without IPv6 has none.
    readFile('/proc/net/igmp6', 'utf8').catch(() => ''),
  ])
  const listed = new Set(hostMemberships({ igmp, igmp6 }).map(({ group, index }) => `${group} ${index}`))
  return (group, index) => listed.has(`${group} ${index}`)
}
