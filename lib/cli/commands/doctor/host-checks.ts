// Checks what on this host may keep the datagrams from a socket: its firewall, what else drops packets, and the sockets themselves.

import { dropChecks } from './drop-checks.ts'
import type { Finding } from './finding.ts'
import { firewallChecks } from './firewall.ts'
import type { Observation } from './observation.ts'
import { socketChecks } from './socket-checks.ts'
import type { WantedChannel } from './wanted-channel.ts'

export const hostChecks = (wanted: WantedChannel, seen: Observation): Finding[] => [
  ...firewallChecks(wanted, seen),
  ...dropChecks(wanted, seen),
  ...socketChecks(wanted, seen),
]
