// Networks that bring frames from which the kernel takes no datagram.
import { changeIpv4, type FramePlan } from './frames.ts'
import { GROUP, GROUP6, PORT } from './lab.ts'
import type { BrokenNetwork } from './network.ts'

const V4 = `${GROUP}:${PORT} -i a0`
const V6 = `[${GROUP6}]:${PORT} -i a0`

const ofFrames = (
  name: string,
  story: string,
  plan: Partial<FramePlan>,
  says: RegExp,
  more: Partial<BrokenNetwork> = {},
): BrokenNetwork => ({
  name,
  story,
  ask: plan.destination === GROUP6 ? V6 : V4,
  setUp: (lab) => lab.frames(plan),
  check: 'frames',
  certainty: 'proven',
  says,
  ...more,
})

/** The source is refused where the reverse path filter asks the routes. */
const withFilter = (network: BrokenNetwork): BrokenNetwork => ({
  ...network,
  setUp: async (lab) => {
    lab.sysctl('net/ipv4/conf/a0/rp_filter', 2)
    await network.setUp(lab)
  },
})

const SIX = { source: 'fd77:a0::11', destination: GROUP6 }
const LONG = Buffer.alloc(3000)

export const brokenFrames: readonly BrokenNetwork[] = [
  ofFrames(
    'vlan-tag',
    'The switch sends the VLAN tagged, and the host has no interface for that VLAN.',
    { vlan: 5 },
    /tagged with VLAN 5/,
    // The command needs a kernel with VLANs, which not every machine of the tests has.
    { fix: /^ip link add link a0 name a0\.5 type vlan id 5 && ip link set a0\.5 up$/ },
  ),
  ofFrames(
    'another-hosts-address',
    "A switch or an access point sends the group to one host's own hardware address, and it is not this host's.",
    { to: '02:00:00:00:00:77' },
    /another host's hardware address, 02:00:00:00:00:77/,
  ),
  ofFrames(
    'ip-checksum',
    'A device between changes the IP header and leaves its checksum.',
    { spoil: (packet) => packet.writeUInt16BE(packet.readUInt16BE(10) ^ 0x0100, 10) },
    /the IP header's checksum is wrong/,
  ),
  ofFrames(
    'truncated',
    'A tunnel cuts the packets: the IP header tells of more bytes than came.',
    { spoil: (packet) => changeIpv4(packet, (header) => header.writeUInt16BE(600, 2)) },
    /the packets are truncated: \d+ bytes came of 600/,
  ),
  ofFrames(
    'source-unset',
    'A sender sends before it has an address, from 0.0.0.0.',
    { source: '0.0.0.0' },
    /the source 0\.0\.0\.0 is none that a host can have/,
  ),
  ofFrames(
    'source-loopback',
    'A sender is bound to 127.0.0.1, and its datagrams leave by a real interface.',
    { source: '127.0.0.1' },
    /the source 127\.0\.0\.1 is none/,
  ),
  ofFrames(
    'source-group',
    'A proxy writes a group as source.',
    { source: '239.9.9.9' },
    /the source 239\.9\.9\.9 is none/,
  ),
  withFilter(
    ofFrames(
      'source-broadcast-of-the-network',
      "A sender with a wrong netmask has the broadcast address of this host's network.",
      { source: '10.77.0.255' },
      /the source 10\.77\.0\.255 is none that a host can have/,
    ),
  ),
  ofFrames(
    'source-broadcast',
    'The source is the broadcast address.',
    { source: '255.255.255.255' },
    /the source 255\.255\.255\.255 is none/,
  ),
  ofFrames(
    'source-loopback-ipv6',
    'The source is ::1, from outside.',
    { ...SIX, source: '::1' },
    /the source ::1 is none that a host can have/,
  ),
  ofFrames(
    'own-address',
    "Another host has this host's address, or a loop brings its datagrams back.",
    { source: '10.77.0.1' },
    /with this host's own address 10\.77\.0\.1/,
    { fix: /^sysctl -w net\.ipv4\.conf\.a0\.accept_local=1$/ },
  ),
  ofFrames(
    'udp-length',
    'The length in the UDP header is longer than the packet.',
    { udpLength: 900 },
    /the length in the UDP header is wrong: 900 bytes are told/,
  ),
  ofFrames(
    'udp-checksum',
    'Checksum offloading of a virtual interface leaves the checksum of UDP undone, and the kernel drops the stream.',
    { udpChecksum: 0x1234 },
    /the datagrams have a wrong UDP checksum/,
    { report: 'coreemu/core#174' },
  ),
  ofFrames('udp-checksum-ipv6', 'The same in IPv6.', { ...SIX, udpChecksum: 0x1234 }, /a wrong UDP checksum/),
  ofFrames(
    'no-udp-checksum-ipv6',
    'A sender leaves out the checksum of UDP, which IPv4 allows and IPv6 does not.',
    { ...SIX, udpChecksum: 0 },
    /no UDP checksum, and IPv6 takes none without/,
  ),
  ofFrames(
    'first-fragments',
    'Datagrams above the MTU go out in fragments, and a device between lets pass only the first of each, which has the port.',
    { payload: LONG, fragments: 1 },
    /only their first fragments arrive/,
    { check: 'fragments', report: 'docker/desktop-feedback#3' },
  ),
  ofFrames(
    'first-fragments-ipv6',
    'The same in IPv6.',
    { ...SIX, payload: LONG, fragments: 2 },
    /only their first fragments arrive/,
    { check: 'fragments' },
  ),
]
