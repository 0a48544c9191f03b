// Checks what else of the kernel takes frames away before UDP has them: tc, IPsec policies, XDP programs, a missing route.

import { type Counters, growth } from '../../../kernel/proc-counters.ts'
import { explains, lossOf } from './arrival.ts'
import { type Finding, fail, RANK, warn } from './finding.ts'
import { INGRESS_DROPS } from './ingress-drops.ts'
import type { Observation } from './observation.ts'
import { type WantedChannel, wantedFlows } from './wanted-channel.ts'

/** How much the counters of a kind have grown. The kernel counts what it refuses of IPsec by the reason. */
const grown = (before: Counters, after: Counters, prefix: string): number =>
  [...after.keys()].reduce((total, name) => total + (name.startsWith(prefix) ? growth(before, after, name) : 0), 0)

interface Taker {
  readonly check: string
  readonly counter: string
  readonly text: (count: number, name: string) => string
  readonly advice: (name: string) => string
}

const TAKERS: readonly Taker[] = [
  {
    check: 'ingress',
    counter: INGRESS_DROPS,
    text: (count, name) => `a filter of tc at the ingress of ${name} drops the datagrams: ${count} meanwhile`,
    advice: (name) => `look for the filter: tc -s filter show dev ${name} ingress`,
  },
  {
    check: 'ipsec',
    counter: 'XfrmIn',
    text: (count) => `an IPsec policy of this host refuses the datagrams: ${count} meanwhile`,
    advice: () => 'look for the policy: ip xfrm policy; /proc/net/xfrm_stat counts by the reason',
  },
]

export function dropChecks(wanted: WantedChannel, seen: Observation): Finding[] {
  const { name, flags } = wanted.on
  const { soundLost } = lossOf(wanted, seen)
  const findings: Finding[] = []
  for (const { check, counter, text, advice } of TAKERS) {
    const count = grown(seen.before.counters, seen.after.counters, counter)
    if (count === 0 || soundLost === 0) continue
    const says = text(count, name)
    findings.push(
      explains(count, soundLost)
        ? fail(check, {
            says,
            advice: advice(name),
            cause: says,
            certainty: 'likely',
            rank: RANK.otherDrop,
          })
        : warn(check, { says: `${says}, which is too few for ${soundLost} lost ones`, advice: advice(name) }),
    )
  }
  if (wanted.family === 'ipv6' && seen.hasGroupRoute === false && !flags.loopback && soundLost > 0)
    findings.push(
      fail('route', {
        says: `the table local has no multicast route by ${name}, and the kernel takes no multicast of IPv6 from it`,
        fix: `ip -6 route add multicast ff00::/8 dev ${name} table local`,
        cause: `no multicast route of IPv6 goes by ${name}`,
        certainty: 'likely',
        rank: RANK.otherDrop,
      }),
    )
  if (seen.link.hasXdp === true && wantedFlows(wanted, seen.flows).length === 0)
    findings.push(
      warn('xdp', {
        says: `an XDP program is attached to ${name}: what it drops no capture shows`,
        advice: `switch it off for a moment, and look again: ip link set dev ${name} xdp off`,
        cause: `the XDP program on ${name} may drop the frames before anybody sees them`,
        certainty: 'possible',
        rank: RANK.xdp,
      }),
    )
  return findings
}
