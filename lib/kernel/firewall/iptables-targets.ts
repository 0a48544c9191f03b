// What the targets of iptables do with a datagram.

import type { Verdict } from './model.ts'

/** Targets after which the next rule follows. */
const NEUTRAL = new Set(
  `AUDIT CHECKSUM CLASSIFY CONNMARK CONNSECMARK CT DSCP ECN HL HMARK IDLETIMER LED LOG MARK NFLOG NOTRACK RATEEST
  SECMARK SET SYNPROXY TCPMSS TCPOPTSTRIP TEE TOS TRACE TTL ULOG`.split(/\s+/),
)

/** The verdict of a target; undefined if the next rule follows. A target that is not known may do anything. */
export function targetVerdict(target: string): Verdict | undefined {
  switch (target) {
    case 'ACCEPT':
    case 'MASQUERADE':
    case 'SNAT':
    case 'SNPT':
      return { kind: 'accept' }
    case 'DROP':
    case 'REJECT':
      return { kind: 'drop' }
    case 'RETURN':
      return { kind: 'return' }
    case 'DNAT':
    case 'DNPT':
    case 'NETMAP':
    case 'REDIRECT':
    case 'TPROXY':
      return { kind: 'divert', to: target }
    case 'QUEUE':
    case 'NFQUEUE':
      return { kind: 'ask', whom: 'the reader of a queue' }
    default:
      return NEUTRAL.has(target) ? undefined : { kind: 'ask', whom: `the target ${target}` }
  }
}
