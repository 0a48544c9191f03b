// Checks what on this host may drop the datagrams: its firewall, and sockets that do not read fast enough.

import { isMulticast } from '../../../net/address.ts'
import { type Finding, fail, pass, RANK, warn } from './finding.ts'
import { firewallChecks } from './firewall.ts'
import type { Observation } from './observation.ts'
import type { WantedChannel } from './wanted-channel.ts'

/** Checks the other sockets on the port: mostly one of them is the socket that receives nothing. */
function socketChecks({ port, family, group }: WantedChannel, { before, after }: Observation): Finding[] {
  if (port === undefined) return []
  const findings: Finding[] = []
  const others = after.sockets.filter((socket) => socket.family === family || socket.family === 'ipv6')
  for (const { inode, owner, address, drops } of others) {
    const earlier = before.sockets.find((one) => one.inode === inode)?.drops ?? drops
    const wildcard = address === '0.0.0.0' || address === '::'
    if (!wildcard && !isMulticast(address))
      findings.push(
        warn('socket', {
          says: `${owner} is bound to ${address}:${port}, which takes no multicast`,
          fix: `bind that socket to ${group} or to the wildcard address`,
          cause: `${owner} is bound to ${address}, which takes no multicast`,
          rank: RANK.unicastBound,
        }),
      )
    else if (drops > earlier)
      findings.push(
        fail('socket', {
          says: `the socket of ${owner} dropped ${drops - earlier} datagrams meanwhile, ${drops} in all`,
          fix: 'read faster, or raise SO_RCVBUF (and net.core.rmem_max)',
          cause: `${owner} does not read fast enough, and its receive buffer is full`,
          rank: RANK.socketDrops,
        }),
      )
    else
      findings.push(
        pass(
          'socket',
          `${owner} is bound to ${address}:${port}${drops > 0 ? `; it has dropped ${drops} datagrams before` : ''}`,
        ),
      )
  }
  return findings
}

export const hostChecks = (wanted: WantedChannel, seen: Observation): Finding[] => [
  ...firewallChecks(wanted, seen),
  ...socketChecks(wanted, seen),
]
