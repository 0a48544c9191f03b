// What the doctor wants and has seen, for tests of its checks: a host where all is well, and what a test changes.
import { type Interface, SocketOptionError } from 'sockctl'
import type { Finding } from '../../lib/cli/commands/doctor/finding.ts'
import type { Observation } from '../../lib/cli/commands/doctor/observation.ts'
import type { WantedChannel } from '../../lib/cli/commands/doctor/wanted-channel.ts'
import type { ObservedFlow } from '../../lib/cli/commands/doctor/wire.ts'

export const eth0: Interface = {
  name: 'eth0',
  index: 2,
  mtu: 1500,
  mac: '02:00:00:00:00:01',
  flags: { up: true, running: true, loopback: false, multicast: true, broadcast: true, pointToPoint: false },
  addresses: [
    { address: '192.0.2.1', netmask: '255.255.255.0', prefix: 24, family: 'ipv4' },
    { address: 'fe80::1%eth0', netmask: 'ffff:ffff:ffff:ffff::', prefix: 64, family: 'ipv6' },
  ] as unknown as Interface['addresses'],
}

/** 239.1.1.1:5000 from any source, or what a test wants. */
export const wanting = (more: Partial<WantedChannel> = {}): WantedChannel => ({
  group: '239.1.1.1',
  family: 'ipv4',
  port: 5000,
  sources: [],
  blocked: [],
  on: eth0,
  ...more,
})

export const flow = (more: Partial<ObservedFlow> = {}): ObservedFlow => ({
  interfaceIndex: 2,
  outgoing: false,
  source: '192.0.2.9',
  port: 5000,
  sourcePort: 4000,
  datagrams: 10,
  bytes: 1000,
  largest: 100,
  hopLimits: [3, 3],
  fragmented: 0,
  complete: 0,
  flaws: new Map(),
  firstAt: 0,
  lastAt: 1000,
  longestGap: 20,
  ...more,
})

const host = { counters: new Map<string, number>(), sockets: [] }
const noRules = { tables: [], unseen: [], isLate: false }

/** Nothing was refused, nothing was heard: what a test has seen besides. */
export const seeing = (more: Partial<Observation> = {}): Observation => ({
  listened: 2000,
  joinRefused: undefined,
  bindRefused: undefined,
  listed: {
    interface: 'eth0',
    index: 2,
    family: 'ipv4',
    group: '239.1.1.1',
    users: 1,
    mode: 'exclude',
    sources: [],
    sourcesListed: true,
  },
  link: { master: undefined, bridge: undefined },
  captureRefused: undefined,
  joinedBefore: [],
  looked: undefined,
  flows: [],
  passed: new Map(),
  renewals: [],
  streamed: 0,
  queries: [],
  queryAge: 0,
  badQueries: [],
  queriesPassed: 0,
  reports: [],
  delivered: new Map(),
  port: 5000,
  before: host,
  after: host,
  firewall: { before: noRules, after: noRules },
  trace: undefined,
  routes: new Map(),
  routeKinds: new Map(),
  hasGroupRoute: undefined,
  otherDestinations: [],
  senders: [],
  interfaceNames: new Map([
    [1, 'lo'],
    [2, 'eth0'],
    [3, 'eth1'],
  ]),
  portsOfWanted: new Set(),
  ownAddresses: new Set(['192.0.2.1', 'fe80::1']),
  interfaceEnd: 'up',
  passive: false,
  ...more,
})

/** A finding in lines: its status and check, what it says, what to do, and the cause with its certainty and its rank. */
export const told = ({ check, status, says, fix, advice, cause }: Finding): string[] => [
  `${status} ${check}: ${says}`,
  ...(fix === undefined ? [] : [`fix: ${fix}`]),
  ...(advice === undefined ? [] : [`advice: ${advice}`]),
  ...(cause === undefined ? [] : [`${cause.certainty} ${cause.rank}: ${cause.text}`]),
]

/** An error as the library gives it. */
export const refusal = (message: string, reason: 'limit' | 'no-interface' | 'busy' = 'busy') =>
  Object.assign(Object.create(SocketOptionError.prototype), { message, reason }) as SocketOptionError

/** What the checks find of a kind, in lines. */
export const finder =
  (checks: (wanted: WantedChannel, seen: Observation) => Finding[]) =>
  (check: string, wanted: Partial<WantedChannel>, seen: Partial<Observation>): string[][] =>
    checks(wanting(wanted), seeing(seen))
      .filter((finding) => finding.check === check)
      .map(told)
