// Checks what the frames on the wire show: why the kernel takes no datagram from them.

import { arrivedOf, explains, lossOf } from './arrival.ts'
import { type Finding, fail, pass, RANK, warn } from './finding.ts'
import type { FlawKind } from './frame.ts'
import type { Observation } from './observation.ts'
import { sysctlName } from './system.ts'
import { commandLine, type WantedChannel, wantedFlows } from './wanted-channel.ts'
import { flawsOf } from './wire.ts'

interface Explanation {
  readonly text: string
  readonly fix?: string
  readonly advice: string
}

const EXPLANATIONS: Record<FlawKind, (detail: string, wanted: WantedChannel, seen: Observation) => Explanation> = {
  vlan: (id, wanted, { interfaceNames }) => ({
    text: `the frames are tagged with VLAN ${id}, and ${wanted.on.name} takes only frames without a tag`,
    fix: [...interfaceNames.values()].includes(`${wanted.on.name}.${id}`)
      ? commandLine('receive', wanted, { interface: `${wanted.on.name}.${id}` })
      : `ip link add link ${wanted.on.name} name ${wanted.on.name}.${id} type vlan id ${id} && ip link set ${wanted.on.name}.${id} up`,
    advice: `join on an interface of VLAN ${id}, ${wanted.on.name}.${id}; or have the switch send VLAN ${id} untagged`,
  }),
  'other-host': (to) => ({
    text: `the frames are sent to another host's hardware address, ${to}, and not to the group's`,
    advice:
      'look for a switch or an access point that turns multicast into unicast, and for the sender of these frames',
  }),
  'ip-checksum': () => ({
    text: "the IP header's checksum is wrong",
    advice: 'look at the sender, and at the devices between that change the IP header',
  }),
  truncated: (lengths) => ({
    text: `the packets are truncated: ${lengths}`,
    advice: 'look at the sender, and at the MTU of tunnels and devices between',
  }),
  source: (source) => ({
    text: `the source ${source} is none that a host can have, and the kernel drops what comes from it`,
    advice: 'give the sender an address, and have it send from that address',
  }),
  'own-address': (source, { on }) => ({
    text: `the datagrams come from outside with this host's own address ${source}, and the kernel drops them`,
    fix: `sysctl -w ${sysctlName(`net/ipv4/conf/${on.name}/accept_local`)}=1`,
    advice: `find the host that has ${source} too, or the loop that brings this host's datagrams back`,
  }),
  'udp-length': (lengths) => ({
    text: `the length in the UDP header is wrong: ${lengths}`,
    advice: 'look at the sender, and at the devices between',
  }),
  'no-udp-checksum': () => ({
    text: 'the datagrams have no UDP checksum, and IPv6 takes none without',
    advice: 'have the sender compute UDP checksums',
  }),
  'udp-checksum': () => ({
    text: 'the datagrams have a wrong UDP checksum',
    advice: 'look at the sender, and at checksum offloading between virtual machines (ethtool -K)',
  }),
}

const CHECKSUMS: readonly FlawKind[] = ['ip-checksum', 'udp-checksum', 'no-udp-checksum']

function flawChecks(wanted: WantedChannel, seen: Observation): Finding[] {
  const flows = wantedFlows(wanted, seen.flows)
  const { lost, onWire } = lossOf(wanted, seen)
  if (onWire === 0) return []
  const flaws = flawsOf(flows)
  if (flaws.length === 0) return [pass('frames', 'the frames show nothing that keeps the kernel from taking them')]
  return flaws.map(({ kind, count, detail }) => {
    const { text, fix, advice } = EXPLANATIONS[kind](detail, wanted, seen)
    const says = `${count} of ${onWire} datagrams: ${text}`
    if (lost === 0 || !explains(count, lost)) return warn('frames', { says, advice })
    const found = {
      says,
      fix,
      advice,
      cause: text,
      certainty: arrivedOf(seen) === 0 ? 'proven' : 'likely',
      rank: CHECKSUMS.includes(kind) ? RANK.badChecksum : RANK.badFrames,
    } as const
    return arrivedOf(seen) === 0 ? fail('frames', found) : warn('frames', found)
  })
}

/** A datagram sent in fragments is lost if any of them is, and some networks forward no fragments. */
function fragmentChecks(wanted: WantedChannel, seen: Observation): Finding[] {
  const flows = wantedFlows(wanted, seen.flows)
  const fragmented = flows.reduce((total, flow) => total + flow.fragmented, 0)
  const incomplete = flows.reduce((total, flow) => total + flow.fragmented - flow.complete, 0)
  if (flows.length === 0) return []
  const maxPayload = wanted.on.mtu - (wanted.family === 'ipv4' ? 28 : 48)
  const largest = Math.max(...flows.map((flow) => flow.largest))
  const { lost } = lossOf(wanted, seen)
  const advice = `send at most ${maxPayload} bytes a datagram`
  if (incomplete > 0 && lost > 0 && explains(incomplete, lost))
    return [
      fail('fragments', {
        says: `${incomplete} of ${fragmented} datagrams in fragments came without their later fragments`,
        advice: `${advice}; or find the firewall or the tunnel that drops fragments`,
        cause: 'the datagrams come in fragments, and only their first fragments arrive',
        certainty: arrivedOf(seen) === 0 ? 'proven' : 'likely',
        rank: RANK.badFrames,
      }),
    ]
  if (fragmented === 0) return [pass('size', `payloads up to ${largest} bytes fit the MTU of ${wanted.on.mtu}`)]
  return [
    warn('size', {
      says: `${fragmented} datagrams came in fragments; the largest payload has ${largest} bytes, and ${maxPayload} fit the MTU of ${wanted.on.mtu}`,
      advice,
      cause: 'the datagrams are larger than the MTU, and each is lost with any of its fragments',
      certainty: 'possible',
      rank: RANK.fragments,
    }),
  ]
}

export const frameChecks = (wanted: WantedChannel, seen: Observation): Finding[] => [
  ...flawChecks(wanted, seen),
  ...fragmentChecks(wanted, seen),
]
