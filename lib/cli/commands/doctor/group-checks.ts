// Checks what the group's address tells: how far the group goes, and whether a source is needed.

import { describeGroup } from '../../../index.ts'
import { type Finding, pass, RANK, warn } from './finding.ts'
import type { WantedChannel } from './wanted-channel.ts'

export function groupChecks({ group, sources }: WantedChannel): Finding[] {
  const { kind, scope, ethernetSharedBy, name, purpose } = describeGroup(group)
  const known = name === undefined ? '' : `${name} (${purpose}), `
  const what = `${group} is ${known}${kind}, scope ${scope}`
  if (kind === 'source-specific' && sources.length === 0)
    return [
      warn('group', {
        says: `${what}: routers forward it only from named sources, and ignore a join without a source`,
        advice: 'name the source: --source ADDRESS',
        cause: `${group} is source-specific, and no source was named: routers forward nothing for such a join`,
        certainty: 'possible',
        rank: RANK.sourceNeeded,
      }),
    ]
  if (scope === 'interface-local')
    return [
      warn('group', {
        says: `${what}: it never leaves the host that sends it`,
        advice: 'use a group of a wider scope',
        cause: `${group} is interface-local: it never leaves the host that sends it`,
        certainty: 'likely',
        rank: RANK.groupStays,
      }),
    ]
  if (scope === 'link-local') return [pass('group', `${what}: no router forwards it`)]
  const shared = ethernetSharedBy === undefined ? '' : `; its Ethernet address is shared by ${ethernetSharedBy} groups`
  return [pass('group', what + shared)]
}
