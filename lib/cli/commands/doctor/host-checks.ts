// Checks what on this host may keep the datagrams from a socket: its firewall, and the sockets themselves.

import type { Finding } from './finding.ts'
import { firewallChecks } from './firewall.ts'
import type { Observation } from './observation.ts'
import { socketChecks } from './socket-checks.ts'
import type { WantedChannel } from './wanted-channel.ts'

export const hostChecks = (wanted: WantedChannel, seen: Observation): Finding[] => [
  ...firewallChecks(wanted, seen),
  ...socketChecks(wanted, seen),
]
