// Checks what on this host may drop the datagrams: its firewall, and sockets that do not read fast enough.

import { isMulticast } from '../../../net/address.ts'
import { type Finding, fail, pass, RANK, skip, warn } from './finding.ts'
import type { Observation } from './observe.ts'
import { deliveredOf, wantedFlows } from './traffic-checks.ts'
import type { WantedChannel } from './wanted-channel.ts'

function firewallCheck(wanted: WantedChannel, seen: Observation): Finding[] {
  const { before, after } = seen
  if (before.rules === undefined || after.rules === undefined)
    return [skip('firewall', "the firewall's rules can't be read (that needs nft or iptables-save, and root)")]
  if (after.rules.length === 0) return [pass('firewall', 'no rule drops anything')]
  const had = new Map(before.rules.map(({ text, packets }) => [text, packets]))
  const risen = after.rules.filter(({ text, packets }) => packets !== undefined && packets > (had.get(text) ?? 0))
  const lost = deliveredOf(seen) === 0 && wantedFlows(wanted, seen.flows).length > 0
  const [rule] = risen
  if (rule !== undefined) {
    const found = {
      says: `a rule dropped ${(rule.packets ?? 0) - (had.get(rule.text) ?? 0)} packets meanwhile: ${rule.text}`,
      fix: `accept ${wanted.group} before that rule`,
    }
    // If no datagrams are missing, the rule dropped others.
    if (!lost) return [warn('firewall', found)]
    return [
      fail('firewall', {
        ...found,
        cause: `the firewall drops the datagrams: ${rule.text}`,
        rank: RANK.firewallDropped,
      }),
    ]
  }
  const silent = after.rules.filter(({ packets }) => packets === undefined)
  if (silent.length === 0) return [pass('firewall', `${after.rules.length} rules may drop; none did meanwhile`)]
  const says = `${silent.length} rules may drop without counting, such as ${silent[0]?.text}`
  return [
    lost ? warn('firewall', { says, fix: 'give the rules counters: nft ... counter drop' }) : pass('firewall', says),
  ]
}

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
  ...firewallCheck(wanted, seen),
  ...socketChecks(wanted, seen),
]
