// Networks whose bridge, switch or firewall keeps the stream from this host, or will.
import { run } from '../commands.ts'
import { QUERIES } from '../membership-messages.ts'
import { GROUP, GROUP6, type Lab, PORT, pause } from './lab.ts'
import type { BrokenNetwork } from './network.ts'

/** General queries that are to be answered within 0.1 s. */
const QUERY = Buffer.from('110100000000000002010000', 'hex')
const MLD_QUERY = Buffer.from('8200000000640000000000000000000000000000000000000201 0000'.replace(' ', ''), 'hex')
/** A bridge that remembers a report for a second, and for nine seconds takes a querier it heard for present. */
const FORGETFUL = ['mcast_membership_interval', '100', 'mcast_querier_interval', '900']
/** In hundredths of a second: RFC 3376 8.4 */
const remembering = (host: 'A' | 'B', bridge: string) => (lab: Lab) =>
  lab.ip(host, `link set ${bridge} type bridge mcast_membership_interval 26000`)
const joined = { joins: [{ group: GROUP, interface: 'a0' }] }

/** Longer than a bridge remembers the second report of a join. */
const FORGOTTEN = 2500

const behindBridge = async (lab: Lab): Promise<void> => {
  lab.sysctl('net/ipv4/conf/a0/igmpv3_unsolicited_report_interval', 20)
  const bridge = await lab.bridge('B', lab.b, ['10.77.0.11/24', 'fd77:a0::11/64'], ...FORGETFUL)
  await lab.query(QUERY, bridge)
  await lab.query(MLD_QUERY, bridge)
}

export const brokenLinks: readonly BrokenNetwork[] = [
  {
    name: 'port-of-a-bridge',
    story: 'The interface was made a port of a bridge, and the join stayed on the interface.',
    report: 'moby/moby#3043',
    ask: `${GROUP}:${PORT} -i a1`,
    setUp: async (lab) => {
      await lab.bridge('A', lab.a1, ['10.77.1.1/24'])
      await lab.stream({ bind: lab.b1.ipv4[0] })
    },
    check: 'bridge',
    certainty: 'proven',
    says: /a1 is a port of br0/,
    fix: /^sockctl receive 239\.1\.1\.1:5004 -i br0$/,
  },
  {
    name: 'port-learns',
    story: 'For thirty seconds after a port is added, a bridge with spanning tree forwards nothing from it.',
    ask: `${GROUP}:${PORT} -i br0`,
    setUp: async (lab) => {
      await lab.bridge('A', lab.a1, ['10.77.1.1/24'])
      await lab.ip('A', 'link set br0 type bridge stp_state 1 forward_delay 3000')
      await lab.ip('A', 'link set a1 nomaster')
      await lab.ip('A', 'link set a1 master br0')
      await lab.stream({ bind: lab.b1.ipv4[0] })
    },
    check: 'bridge',
    certainty: 'proven',
    says: /port a1 of the bridge br0 is (listening|learning|blocking)/,
    fix: /^ip link set br0 type bridge stp_state 0 && ip link set a1 type bridge_slave state 3$/,
  },
  {
    name: 'bridge-forgot',
    story: "This host's own bridge snoops, has no querier, and forgot who listens.",
    report: 'troglobit/mrouted#42',
    ask: `${GROUP}:${PORT} -i br0`,
    setUp: async (lab) => {
      await lab.bridge('A', lab.a1, ['10.77.1.1/24'], ...FORGETFUL, 'mcast_query_response_interval', '100')
      lab.sysctl('net/ipv4/conf/br0/igmpv3_unsolicited_report_interval', 20)
      await lab.query(QUERY, lab.b1)
      await lab.program({ joins: [{ group: GROUP, interface: 'br0' }] })
      await pause(FORGOTTEN)
      await lab.stream({ bind: lab.b1.ipv4[0] })
    },
    check: 'forgotten',
    certainty: 'proven',
    says: /the network had forgotten this host/,
    fix: /^ip link set br0 type bridge mcast_querier 1$/,
    beforeFix: remembering('A', 'br0'),
  },
  {
    name: 'switch-forgot',
    story:
      'The sound cuts out after four and a half minutes, and works again once the receiver is started anew: the switch snoops, and nobody asks.',
    report: 'duncanthrax/scream#116',
    ask: `${GROUP}:${PORT} -i a0`,
    setUp: async (lab) => {
      await behindBridge(lab)
      await lab.program(joined)
      await pause(FORGOTTEN)
      await lab.stream()
    },
    check: 'forgotten',
    certainty: 'proven',
    says: /the network had forgotten this host/,
    fix: /^sockctl querier -i a0$/,
    beforeFix: remembering('B', 'br9'),
  },
  {
    name: 'switch-forgot-ipv6',
    story: 'The same in IPv6: the switch snoops MLD.',
    ask: `[${GROUP6}]:${PORT} -i a0`,
    setUp: async (lab) => {
      await behindBridge(lab)
      await lab.program({ address: '::', joins: [{ group: GROUP6, interface: 'a0' }] })
      await pause(FORGOTTEN)
      await lab.stream6({ on: '::%br9' })
    },
    check: 'forgotten',
    certainty: 'proven',
    says: /the network had forgotten this host/,
    fix: /^sockctl querier -i a0$/,
    beforeFix: remembering('B', 'br9'),
  },
  {
    name: 'switch-forgets-while-watched',
    story: 'The same, seen by a doctor who watches for long: the stream stops, and a new report brings it back.',
    ask: `${GROUP}:${PORT} -i a0 --wait 6s`,
    setUp: async (lab) => {
      await behindBridge(lab)
      await lab.stream()
      await lab.program(joined)
    },
    check: 'forgotten',
    certainty: 'proven',
    says: /the network had forgotten this host/,
    fix: /^sockctl querier -i a0$/,
    beforeFix: remembering('B', 'br9'),
  },
  {
    name: 'queries-dropped',
    story: 'A firewall denies what comes in, IGMP with it: the host answers no query, and the switch forgets it.',
    report: 'omacom/omarchy#8831',
    ask: `${GROUP}:${PORT} -i a0 --wait 1s`,
    setUp: async (lab) => {
      await lab.rules('table inet lab { chain input { type filter hook input priority 0; ip protocol igmp drop; }; }')
      await lab.queries(QUERIES.igmpv3)
      await lab.stream()
    },
    check: 'querier',
    certainty: 'proven',
    says: /IGMP queries come in by a0 and do not pass this host's firewall/,
    fix: /^nft insert rule inet lab input ip protocol igmp accept$/,
    flows: true,
  },
  {
    name: 'reports-dropped',
    story: 'A firewall lets no IGMP out: no report of this host reaches the switch.',
    report: 'firewalld/firewalld#497',
    ask: `${GROUP}:${PORT} -i a0`,
    setUp: async (lab) => {
      await lab.rules('table inet lab { chain output { type filter hook output priority 0; ip protocol igmp drop; }; }')
      await behindBridge(lab)
      await lab.stream()
    },
    check: 'report',
    certainty: 'likely',
    says: /no IGMP report of this host leaves a0/,
    fix: /^nft insert rule inet lab output ip protocol igmp accept$/,
  },
  {
    name: 'firewall-drops',
    story: 'A rule drops the group.',
    ask: `${GROUP}:${PORT} -i a0`,
    setUp: async (lab) => {
      await lab.rules(
        `table inet lab { chain input { type filter hook input priority 0; ip daddr ${GROUP} counter drop; }; }`,
      )
      await lab.stream()
    },
    check: 'firewall',
    certainty: 'likely',
    says: /this host's firewall drops the datagrams: inet lab input: /,
    fix: /^nft insert rule inet lab input ip daddr 239.1.1.1 udp dport 5004 accept$/,
  },
  {
    name: 'bridge-firewall',
    story: 'A rule for frames, in the hooks of the bridge, drops groups before the bridge hands them to this host.',
    ask: `${GROUP}:${PORT} -i br0`,
    setUp: async (lab) => {
      await lab.bridge('A', lab.a1, ['10.77.1.1/24'])
      await lab.rules(
        'table bridge lab { chain pre { type filter hook prerouting priority 0; ether daddr & ff:ff:ff:80:00:00 == 01:00:5e:00:00:00 drop; }; }',
      )
      await lab.stream({ bind: lab.b1.ipv4[0] })
    },
    check: 'firewall',
    certainty: 'likely',
    says: /this host's firewall drops the datagrams: bridge lab pre: /,
    fix: /^nft insert rule bridge lab pre ip daddr 239.1.1.1 udp dport 5004 accept$/,
  },
  {
    name: 'translated',
    story: 'A rule sends the group to one address of this host, as for programs that join nothing.',
    ask: `${GROUP}:${PORT} -i a0`,
    setUp: async (lab) => {
      await lab.rules(
        `table ip lab { chain pre { type nat hook prerouting priority -100; ip daddr ${GROUP} dnat to 10.77.0.1; }; }`,
      )
      lab.undo(() => run('nft', ['delete', 'table', 'ip', 'untracked']).catch(() => {}))
      await lab.stream()
    },
    check: 'firewall',
    certainty: 'likely',
    says: /this host's firewall diverts the datagrams: ip lab pre: .*dnat to 10\.77\.0\.1/,
    fix: /^nft add table ip untracked && nft add chain ip untracked pre '\{ type filter hook prerouting priority -300; \}' && nft add rule ip untracked pre ip daddr 239\.1\.1\.1 udp dport 5004 notrack$/,
  },
  {
    name: 'rewritten',
    story: 'A rule writes another group into the datagrams, so that two streams become one.',
    ask: `${GROUP}:${PORT} -i a0`,
    setUp: async (lab) => {
      await lab.rules(
        `table ip lab { chain pre { type filter hook prerouting priority -300; ip daddr ${GROUP} ip daddr set 239.1.1.9; }; }`,
      )
      await lab.stream()
    },
    check: 'firewall',
    certainty: 'likely',
    says: /this host's firewall diverts the datagrams: ip lab pre: .*239\.1\.1\.9/,
    fix: /^nft insert rule ip lab pre ip daddr 239\.1\.1\.1 udp dport 5004 accept$/,
  },
  {
    name: 'macvlan-takes-others',
    story: 'A macvlan in source mode takes only what comes from the hardware addresses in its list.',
    ask: `${GROUP}:${PORT} -i mv0`,
    setUp: async (lab) => {
      await lab.ip('A', 'link add mv0 link a1 type macvlan mode source')
      lab.undo(() => lab.ip('A', 'link delete mv0'))
      await lab.ip('A', 'link set mv0 type macvlan macaddr add 02:00:00:00:00:99')
      await lab.ip('A', 'address add 10.77.1.5/24 dev mv0')
      await lab.ip('A', 'link set mv0 up')
      await lab.stream({ bind: lab.b1.ipv4[0] })
    },
    check: 'wire',
    certainty: 'likely',
    says: /239\.1\.1\.1 comes in by a1, and mv0 above it \(macvlan source\) does not take it/,
    fix: /^sockctl receive 239\.1\.1\.1:5004 -i a1$/,
  },
  {
    name: 'firewall-policy',
    story: 'The policy of the input chain is to drop, and no rule accepts the group.',
    report: 'christgau/wsdd#100',
    ask: `${GROUP}:${PORT} -i a0`,
    setUp: async (lab) => {
      await lab.rules(
        'table inet lab { chain input { type filter hook input priority 0; policy drop; ct state established,related accept; }; }',
      )
      await lab.stream()
    },
    check: 'firewall',
    certainty: 'likely',
    says: /this host's firewall drops the datagrams: inet lab input: /,
    fix: /^nft insert rule inet lab input ip daddr 239.1.1.1 udp dport 5004 accept$/,
  },
]
