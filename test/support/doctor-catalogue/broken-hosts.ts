// Networks in which this host is at fault: its interfaces, routes, settings and limits, and what drops packets there.
import { GROUP, GROUP6, PORT, running } from './lab.ts'
import type { BrokenNetwork } from './network.ts'

/** An address that is in no network of this host's. */
const FOREIGN = '198.51.100.7'
const foreignStream: BrokenNetwork['setUp'] = async (lab) => {
  await lab.ip('B', `address add ${FOREIGN}/32 dev b0`)
  lab.undo(() => lab.ip('B', `address delete ${FOREIGN}/32 dev b0`))
  await lab.stream({ bind: FOREIGN, on: lab.b.ipv4[0] })
  lab.undo(() => lab.ip('A', `route delete ${FOREIGN}`).catch(() => {}))
}

export const brokenHosts: readonly BrokenNetwork[] = [
  {
    name: 'interface-down',
    story: 'The interface was never set up.',
    ask: `${GROUP}:${PORT} -i a0`,
    setUp: async (lab) => {
      await lab.ip('A', 'link set a0 down')
      lab.undo(async () => {
        await lab.ip('A', 'link set a0 up')
        await running('a0')
        for (const address of lab.a.ipv6) await lab.ip('A', `address replace ${address}/64 dev a0 nodad`)
      })
      await lab.stream()
    },
    check: 'interface',
    certainty: 'proven',
    says: /the interface a0 is down/,
    fix: /^ip link set a0 up$/,
  },
  {
    name: 'no-carrier',
    story: 'The cable is out, or the other end is down.',
    ask: `${GROUP}:${PORT} -i a0`,
    setUp: async (lab) => {
      await lab.ip('B', 'link set b0 down')
      await running('a0', false)
      lab.undo(async () => {
        await lab.ip('B', 'link set b0 up')
        await running('a0')
        for (const address of lab.b.ipv6) await lab.ip('B', `address replace ${address}/64 dev b0 nodad`)
      })
    },
    check: 'interface',
    certainty: 'proven',
    says: /a0 has no carrier/,
  },
  {
    name: 'no-route',
    story: 'A container without a default route: a join that names no interface is refused with ENODEV.',
    report: 'OpenClovis/SAFplus-Availability-Scalability-Platform#80',
    ask: `${GROUP}:${PORT}`,
    setUp: async (lab) => {
      await lab.stream()
      lab.undo(() => lab.ip('A', `route delete ${GROUP}`).catch(() => {}))
    },
    check: 'route',
    certainty: 'proven',
    says: /there is no route to 239\.1\.1\.1, and no interface was named/,
    fix: /^ip route replace 239\.1\.1\.1 dev a0$/,
  },
  {
    name: 'blackhole-route',
    story: 'Somebody made the groups unreachable, so that nothing leaks: a join that names no interface is refused.',
    ask: `${GROUP}:${PORT}`,
    setUp: async (lab) => {
      await lab.ip('A', 'route add blackhole 224.0.0.0/4')
      lab.undo(() => lab.ip('A', 'route delete blackhole 224.0.0.0/4'))
      await lab.stream()
      lab.undo(() => lab.ip('A', `route delete ${GROUP}`).catch(() => {}))
    },
    check: 'route',
    certainty: 'proven',
    says: /the route to 239\.1\.1\.1 is blackhole, and no interface was named/,
    fix: /^ip route replace 239\.1\.1\.1 dev a0$/,
  },
  {
    name: 'no-multicast-route-ipv6',
    story: 'The carrier was lost for a moment, and the multicast route of IPv6 did not come back with it.',
    report: 'systemd/systemd#10143',
    ask: `[${GROUP6}]:${PORT} -i a0`,
    setUp: async (lab) => {
      const route = 'route METHOD multicast ff00::/8 dev a0 table local'
      await lab.ip('A', `-6 ${route.replace('METHOD', 'delete')}`)
      lab.undo(() => lab.ip('A', `-6 ${route.replace('METHOD', 'replace')} metric 256`))
      lab.undo(() => lab.ip('A', `-6 ${route.replace('METHOD', 'delete')}`).catch(() => {}))
      await lab.stream6()
    },
    check: 'route',
    certainty: 'likely',
    says: /no multicast route of IPv6 goes by a0/,
    fix: /^ip -6 route add multicast ff00::\/8 dev a0 table local$/,
  },
  {
    name: 'ipv6-off',
    story: 'IPv6 was switched off on the interface, and the group is IPv6.',
    ask: `[${GROUP6}]:${PORT} -i a0`,
    setUp: async (lab) => {
      lab.undo(async () => {
        for (const address of lab.a.ipv6) await lab.ip('A', `address replace ${address}/64 dev a0 nodad`)
      })
      lab.sysctl('net/ipv6/conf/a0/disable_ipv6', 1)
      await lab.stream6()
    },
    check: 'address',
    certainty: 'proven',
    says: /IPv6 is switched off on a0/,
    fix: /^sysctl -w net\.ipv6\.conf\.a0\.disable_ipv6=0$/,
  },
  {
    name: 'no-memberships',
    story: 'The limit of memberships a socket is used up: addMembership fails with ENOBUFS.',
    report: 'mafintosh/multicast-dns#39',
    ask: `${GROUP}:${PORT} -i a0`,
    setUp: async (lab) => {
      lab.sysctl('net/ipv4/igmp_max_memberships', 0)
      await lab.stream()
    },
    check: 'limits',
    certainty: 'proven',
    says: /net\.ipv4\.igmp_max_memberships is 0/,
    fix: /^sysctl -w net\.ipv4\.igmp_max_memberships=20$/,
  },
  {
    name: 'rp-filter-no-route',
    story:
      'tcpdump shows the packets in a container and the program gets none: the reverse path filter is strict, and nothing routes to the source.',
    report: 'weaveworks/weave#354',
    ask: `${GROUP}:${PORT} -i a0`,
    setUp: async (lab) => {
      await foreignStream(lab)
      lab.sysctl('net/ipv4/conf/a0/rp_filter', 1)
    },
    check: 'reverse path',
    certainty: 'likely',
    says: /there is no route to 198\.51\.100\.7 at all/,
    fix: /^ip route replace 198\.51\.100\.7 dev a0$/,
  },
  {
    name: 'rp-filter-other-route',
    story:
      'A host with two interfaces routes the sender by the other one, and the strict filter drops what comes in here.',
    report: 'knxd/knxd#198',
    ask: `${GROUP}:${PORT} -i a0`,
    setUp: async (lab) => {
      await foreignStream(lab)
      await lab.ip('A', `route add ${FOREIGN} dev a1`)
      lab.sysctl('net/ipv4/conf/a0/rp_filter', 1)
    },
    check: 'reverse path',
    certainty: 'likely',
    says: /the route to 198\.51\.100\.7 goes by a1/,
    fix: /^sysctl -w net\.ipv4\.conf\.a0\.rp_filter=2$/,
  },
  {
    name: 'rp-filter-of-all',
    story: 'The interface has the filter off, and the setting for all interfaces switches it on.',
    ask: `${GROUP}:${PORT} -i a0`,
    setUp: async (lab) => {
      await foreignStream(lab)
      await lab.ip('A', `route add ${FOREIGN} dev a1`)
      lab.sysctl('net/ipv4/conf/all/rp_filter', 1)
    },
    check: 'reverse path',
    certainty: 'likely',
    says: /rp_filter on a0 is strict/,
    fix: /^sysctl -w net\.ipv4\.conf\.a0\.rp_filter=2$/,
  },
  {
    name: 'rp-filter-loose',
    story:
      'A source-specific stream of another network is on the wire, and the program says nothing: even the loose filter wants some route to its source.',
    report: 'tsduck/tsduck#141',
    ask: `${FOREIGN}@232.1.1.1:${PORT} -i a0`,
    setUp: async (lab) => {
      await lab.ip('B', `address add ${FOREIGN}/32 dev b0`)
      lab.undo(() => lab.ip('B', `address delete ${FOREIGN}/32 dev b0`))
      await lab.stream({ bind: FOREIGN, group: '232.1.1.1', on: lab.b.ipv4[0] })
      lab.undo(() => lab.ip('A', `route delete ${FOREIGN}`).catch(() => {}))
      lab.sysctl('net/ipv4/conf/a0/rp_filter', 2)
    },
    check: 'reverse path',
    certainty: 'likely',
    says: /there is no route to 198\.51\.100\.7 at all, and rp_filter on a0 is loose/,
    fix: /^ip route replace 198\.51\.100\.7 dev a0$/,
  },
  {
    name: 'rp-filter-unreachable',
    story: 'Somebody made the network of the sender unreachable, and the filter takes that for no route.',
    ask: `${GROUP}:${PORT} -i a0`,
    setUp: async (lab) => {
      await foreignStream(lab)
      await lab.ip('A', `route add unreachable ${FOREIGN}`)
      lab.sysctl('net/ipv4/conf/a0/rp_filter', 1)
    },
    check: 'reverse path',
    certainty: 'likely',
    says: /the route to 198\.51\.100\.7 is unreachable/,
    fix: /^ip route replace 198\.51\.100\.7 dev a0$/,
  },
  {
    name: 'tc-drops',
    story: 'A filter of tc at the ingress of the interface drops the frames, which tcpdump has seen before.',
    ask: `${GROUP}:${PORT} -i a0`,
    setUp: async (lab) => {
      await lab.ingress('drop')
      await lab.stream()
    },
    check: 'ingress',
    certainty: 'likely',
    says: /a filter of tc at the ingress of a0 drops the datagrams/,
  },
  {
    name: 'ipsec-policy',
    story: 'An IPsec policy wants the group encrypted, and the sender does not know.',
    ask: `${GROUP}:${PORT} -i a0`,
    setUp: async (lab) => {
      await lab.ip('A', `xfrm policy add dir in src 0.0.0.0/0 dst ${GROUP}/32 action block`)
      lab.undo(() => lab.ip('A', `xfrm policy delete dir in src 0.0.0.0/0 dst ${GROUP}/32`))
      await lab.stream()
    },
    check: 'ipsec',
    certainty: 'likely',
    says: /an IPsec policy of this host refuses the datagrams/,
  },
  {
    name: 'unexplained',
    story:
      'Something drops the stream that the doctor does not read, a filter of tc that takes the frames for itself here; other streams have bad checksums, nobody takes some broadcasts, and the reverse path filter drops on another interface. None of these is the cause.',
    ask: `${GROUP}:${PORT} -i a0`,
    setUp: async (lab) => {
      await lab.ingress('steal')
      await lab.ip('B', `address add ${FOREIGN}/32 dev b1`)
      lab.undo(() => lab.ip('B', `address delete ${FOREIGN}/32 dev b1`))
      lab.sysctl('net/ipv4/conf/a1/rp_filter', 1)
      await lab.stream({ bind: FOREIGN, on: lab.b1.ipv4[0], group: '239.3.3.3' })
      await lab.program({ port: 9000, joins: [{ group: '239.3.3.3', interface: 'a1' }] })
      await lab.frames({ destination: '239.2.2.2', udpChecksum: 0x1234 })
      await lab.frames({ destination: '255.255.255.255', port: 9999, to: 'ff:ff:ff:ff:ff:ff' })
      await lab.stream()
    },
    check: 'delivery',
    certainty: 'possible',
    says: /Nothing is proven\. .* none of the checks accounts for them\. Ruled out: .*reverse path.*frames/,
  },
  {
    name: 'forced-version',
    story:
      'IGMP was forced to version 2, whose reports name no source: routers forward nothing of a source-specific group.',
    report: 'troglobit/pimd#48',
    ask: `10.77.0.11@232.1.1.1:${PORT} -i a0`,
    setUp: async (lab) => {
      lab.sysctl('net/ipv4/conf/a0/force_igmp_version', 2)
      await lab.stream({ group: '232.1.1.1' })
    },
    check: 'version',
    certainty: 'likely',
    says: /reports of IGMPv2 can't name a source/,
    flows: true,
    fix: /^sysctl -w net\.ipv4\.conf\.a0\.force_igmp_version=0$/,
  },
]
