// Networks that are well, with what may look as if they were not.
import { QUERIES } from '../membership-messages.ts'
import { GROUP, GROUP6, PORT, running } from './lab.ts'
import type { HealthyNetwork } from './network.ts'

const ASK = `${GROUP}:${PORT} -i a0`
const UNHEARD = /arrives; no querier was heard in [\d.]+ s .*`--wait 130s` tells\.$/
const joined = { joins: [{ group: GROUP, interface: 'a0' }] }

/** A sender on this host, which loops its datagrams back. */
const localSender = (by: string, group: string): string => `
  import dgram from 'node:dgram'
  const socket = dgram.createSocket('udp4').bind(0, '${by}', () => {
    socket.setMulticastInterface('${by}')
    setInterval(() => socket.send(Buffer.alloc(100), ${PORT}, '${group}'), 20)
    console.log('{}')
  })`

/** A sender that sends some datagrams at once, and then pauses for so many milliseconds. */
const pausing = (pause: number, count: number): string => `
  import dgram from 'node:dgram'
  const socket = dgram.createSocket('udp4').bind(0, '10.77.0.11', () => {
    socket.setMulticastInterface('10.77.0.11')
    const burst = () => {
      for (let left = ${count}; left > 0; left--) socket.send(Buffer.alloc(100), ${PORT}, '${GROUP}')
    }
    setInterval(burst, ${pause})
    console.log('{}')
  })`

export const healthyNetworks: readonly HealthyNetwork[] = [
  { name: 'ipv4', story: 'A stream arrives.', ask: ASK, setUp: (lab) => lab.stream(), says: UNHEARD },
  {
    name: 'ipv4-source',
    story: 'A source-specific stream arrives.',
    ask: `10.77.0.11@232.1.1.1:${PORT} -i a0`,
    setUp: (lab) => lab.stream({ group: '232.1.1.1' }),
  },
  { name: 'ipv6', story: 'A stream of IPv6 arrives.', ask: `[${GROUP6}]:${PORT} -i a0`, setUp: (lab) => lab.stream6() },
  {
    name: 'link-local-source',
    story: 'The source is link-local and was given with its zone.',
    ask: `[fe80::b0%a0]@[${GROUP6}]:${PORT} --wait 1s`,
    setUp: async (lab) => {
      await lab.frames({ source: 'fe80::b0', destination: GROUP6 })
    },
  },
  {
    name: 'program-receives',
    story: 'A program has the port, joined, and receives.',
    ask: ASK,
    setUp: async (lab) => {
      await lab.stream()
      await lab.program(joined)
    },
  },
  {
    name: 'program-receives-alone',
    story: 'A program has the port for itself, and receives.',
    ask: ASK,
    setUp: async (lab) => {
      await lab.stream()
      await lab.program({ ...joined, exclusive: true })
    },
  },
  {
    name: 'program-receives-passive',
    story: 'A program receives, and the doctor only looks.',
    ask: `${ASK} --passive --wait 1s`,
    setUp: async (lab) => {
      await lab.stream()
      await lab.program(joined)
    },
  },
  {
    name: 'joined-there',
    story:
      'A program joined on an interface that it named; no route leads to the group, and the doctor looks where the program is.',
    ask: `${GROUP}:${PORT}`,
    setUp: async (lab) => {
      await lab.stream()
      await lab.program(joined)
    },
  },
  {
    name: 'two-programs',
    story: 'One program receives; another is bound to a unicast address of the port, on purpose.',
    ask: ASK,
    setUp: async (lab) => {
      await lab.stream()
      await lab.program(joined)
      await lab.program({ address: '10.77.0.1' })
    },
  },
  {
    name: 'same-host',
    story: 'Sender and receiver are on one host.',
    ask: ASK,
    setUp: (lab) => lab.sender('A', localSender('10.77.0.1', GROUP)),
    says: /arrives; nothing is wrong here\.$/,
  },
  {
    name: 'loopback',
    story: 'All of it is on lo.',
    ask: `${GROUP}:${PORT} -i lo`,
    setUp: async (lab) => {
      await lab.ip('A', 'link set lo up')
      await lab.sender('A', localSender('127.0.0.1', GROUP))
    },
    says: /arrives; nothing is wrong here\.$/,
  },
  {
    name: 'never-snooped',
    story: 'A group of 224.0.0.0/24, which switches forward to every port.',
    ask: `224.0.0.251:${PORT} -i a0`,
    setUp: (lab) => lab.stream({ group: '224.0.0.251' }),
    says: /arrives; nothing is wrong here\.$/,
  },
  {
    name: 'querier',
    story: 'A querier asks, and the host had time to answer.',
    ask: `${ASK} --wait 1s`,
    setUp: async (lab) => {
      await lab.queries(Buffer.from('110100000000000002010000', 'hex'))
      await lab.stream()
    },
    says: /arrives; nothing is wrong here\.$/,
  },
  {
    name: 'queries-of-another-vlan',
    story: 'Queries come in the VLAN of others: they are no querier for this host.',
    ask: `${ASK} --wait 1s`,
    setUp: async (lab) => {
      const router = Buffer.from('46c0001c000040000102', 'hex')
      await lab.stream()
      await lab.frames({
        source: '10.77.0.99',
        destination: '224.0.0.1',
        vlan: 7,
        spoil: (packet) => {
          router.copy(packet)
          packet[9] = 2
        },
      })
    },
    says: UNHEARD,
  },
  {
    name: 'priority-tag',
    story: 'The frames have a tag with a priority and no VLAN.',
    ask: ASK,
    setUp: (lab) => lab.frames({ vlan: 0 }),
  },
  {
    name: 'fragments',
    story: 'Datagrams above the MTU come in fragments, all of them.',
    ask: ASK,
    setUp: (lab) => lab.stream({ size: 3000 }),
  },
  {
    name: 'aggregates',
    story: 'The sender has the kernel cut its datagrams (UDP_SEGMENT): a capture sees one of many times the MTU.',
    ask: ASK,
    setUp: (lab) =>
      lab.sender(
        'B',
        `import { openSender } from 'sockctl'
        const sender = await openSender({ family: 'ipv4', interface: 'b0' })
        setInterval(() => sender.send(Buffer.alloc(1316 * 10), { address: '${GROUP}', port: ${PORT} }, { segment: 1316 }), 40)
        console.log('{}')`,
      ),
  },
  {
    name: 'noise',
    story:
      "Broadcasts to a port nobody has, another group's bad checksums, and a rule that drops another port: none of it is the stream's.",
    ask: ASK,
    setUp: async (lab) => {
      await lab.stream()
      await lab.frames({ destination: '239.2.2.2', udpChecksum: 0x1234 })
      await lab.frames({ destination: '255.255.255.255', port: 9999, to: 'ff:ff:ff:ff:ff:ff' })
      await lab.rules(
        'table inet lab { chain input { type filter hook input priority 0; udp dport 6000 counter drop; }; }',
      )
    },
  },
  {
    name: 'asking-bridge',
    story: 'The interface is a bridge that snoops, and asks by itself.',
    ask: `${GROUP}:${PORT} -i br0`,
    setUp: async (lab) => {
      await lab.bridge('A', lab.a1, ['10.77.1.1/24'], 'mcast_querier', '1')
      await lab.stream({ bind: lab.b1.ipv4[0] })
    },
    says: /arrives; nothing is wrong here\.$/,
  },
  {
    name: 'querier-of-ipv6',
    story: 'A querier of MLD asks.',
    ask: `[${GROUP6}]:${PORT} -i a0 --wait 1s`,
    setUp: async (lab) => {
      await lab.queries(QUERIES.mldv2)
      await lab.stream6()
    },
  },
  {
    name: 'bursts',
    story: 'The sender sends a burst every two and a half seconds, and is silent between.',
    ask: ASK,
    setUp: async (lab) => {
      await lab.program(joined)
      await lab.sender('B', pausing(2500, 5))
    },
  },
  {
    name: 'slow',
    story: 'The sender sends a datagram a second.',
    ask: ASK,
    setUp: async (lab) => {
      await lab.program(joined)
      await lab.sender('B', pausing(1000, 1))
    },
  },
  {
    name: 'multicast-to-unicast',
    story: "An access point sends the group to this host's own hardware address.",
    ask: ASK,
    setUp: (lab) => lab.frames({ to: lab.a.mac }),
  },
  {
    name: 'own-address-ipv6',
    story: "Datagrams come from outside with this host's own IPv6 address, which the kernel takes.",
    ask: `[${GROUP6}]:${PORT} -i a0`,
    setUp: (lab) => lab.frames({ source: lab.a.ipv6[0], destination: GROUP6 }),
  },
  {
    name: 'no-source-ipv6',
    story: 'The source is ::, which the kernel takes.',
    ask: `[${GROUP6}]:${PORT} -i a0`,
    setUp: (lab) => lab.frames({ source: '::', destination: GROUP6 }),
  },
  {
    name: 'no-udp-checksum',
    story: 'The datagrams have no UDP checksum, which IPv4 allows.',
    ask: ASK,
    setUp: (lab) => lab.frames({ udpChecksum: 0 }),
  },
  {
    name: 'dual-stack',
    story: 'A program listens on :: and joined a group of IPv4.',
    ask: ASK,
    setUp: async (lab) => {
      await lab.stream()
      await lab.program({ address: '::', ...joined })
    },
  },
  {
    name: 'bound-to-the-group',
    story: 'A program is bound to the address of the group, as Linux allows.',
    ask: ASK,
    setUp: async (lab) => {
      await lab.stream()
      await lab.program({ address: GROUP, ...joined })
    },
  },
  {
    name: 'joined-everywhere',
    story:
      'A program joined on every interface, as those of mDNS do, and the route goes by one where nothing comes in.',
    ask: `${GROUP}:${PORT}`,
    setUp: async (lab) => {
      await lab.ip('A', 'route add 224.0.0.0/4 dev a1')
      lab.undo(() => lab.ip('A', 'route delete 224.0.0.0/4'))
      await lab.stream()
      await lab.program({ joins: ['a0', 'a1'].map((name) => ({ group: GROUP, interface: name })) })
    },
  },
  {
    name: 'passing-filters',
    story: 'A filter of tc lets all pass, an IPsec policy is for another group, and rules count, log and come back.',
    ask: ASK,
    setUp: async (lab) => {
      await lab.ingress('pass')
      await lab.ip('A', 'xfrm policy add dir in src 0.0.0.0/0 dst 239.9.9.9/32 action block')
      lab.undo(() => lab.ip('A', 'xfrm policy delete dir in src 0.0.0.0/0 dst 239.9.9.9/32'))
      await lab.rules(
        'table inet lab { chain DROP_STATS { log prefix "would drop "; counter return; }; chain input { type filter hook input priority 0; policy drop; ct state invalid drop; meta pkttype multicast jump DROP_STATS; udp dport 1-5003 drop; meta pkttype multicast accept; }; }',
      )
      await lab.stream({ group: '239.9.9.9' })
      await lab.program({ port: 9000, joins: [{ group: '239.9.9.9', interface: 'a0' }] })
      await lab.stream()
    },
  },
  {
    name: 'many-streams-on-the-port',
    story: 'Streams of other groups, and datagrams to this host itself, come to the same port.',
    ask: ASK,
    setUp: async (lab) => {
      for (const group of ['239.1.1.2', '239.1.1.3', '10.77.0.1', GROUP]) await lab.stream({ group })
    },
  },
  {
    name: 'bound-to-its-device',
    story: 'A program is bound to the device by which the stream comes in.',
    ask: ASK,
    setUp: async (lab) => {
      await lab.stream()
      await lab.program({ device: 'a0', takesAll: false, ...joined })
    },
  },
  {
    name: 'listed-at-the-macvlan',
    story: 'The interface is a macvlan in source mode, and the sender is in its list.',
    ask: `${GROUP}:${PORT} -i mv0`,
    setUp: async (lab) => {
      await lab.ip('A', 'link add mv0 link a1 type macvlan mode source')
      lab.undo(() => lab.ip('A', 'link delete mv0'))
      await lab.ip('A', `link set mv0 type macvlan macaddr add ${lab.b1.mac}`)
      await lab.ip('A', 'address add 10.77.1.5/24 dev mv0')
      await lab.ip('A', 'link set mv0 up')
      lab.sysctl('net/ipv4/conf/mv0/rp_filter', 0)
      await running('mv0')
      await lab.stream({ bind: lab.b1.ipv4[0] })
    },
  },
  {
    name: 'snooping-bridge',
    story: 'The interface is a bridge that snoops, nobody asks, and it floods what it does not know.',
    ask: `${GROUP}:${PORT} -i br0`,
    setUp: async (lab) => {
      await lab.bridge('A', lab.a1, ['10.77.1.1/24'])
      await lab.stream({ bind: lab.b1.ipv4[0] })
    },
    says: UNHEARD,
  },
  {
    name: 'macvlan',
    story: 'The interface is a macvlan, whose parent sees the stream too.',
    ask: `${GROUP}:${PORT} -i mv0`,
    setUp: async (lab) => {
      await lab.ip('A', 'link add mv0 link a1 type macvlan mode bridge')
      lab.undo(() => lab.ip('A', 'link delete mv0'))
      await lab.ip('A', 'address add 10.77.1.5/24 dev mv0')
      await lab.ip('A', 'link set mv0 up')
      lab.sysctl('net/ipv4/conf/mv0/rp_filter', 0)
      await running('mv0')
      await lab.stream({ bind: lab.b1.ipv4[0] })
    },
  },
  {
    name: 'no-address',
    story: 'The interface is there for receiving alone and has no IPv4 address.',
    ask: `${GROUP}:${PORT} -i a1`,
    setUp: async (lab) => {
      await lab.ip('A', 'address flush dev a1 scope global')
      lab.undo(async () => {
        for (const address of lab.a1.ipv4) await lab.ip('A', `address add ${address}/24 dev a1`)
        for (const address of lab.a1.ipv6) await lab.ip('A', `address add ${address}/64 dev a1 nodad`)
      })
      await lab.stream({ bind: lab.b1.ipv4[0] })
    },
  },
  {
    name: 'multicast-off',
    story: 'The interface is not marked MULTICAST: the kernel joins and reports all the same.',
    ask: ASK,
    setUp: async (lab) => {
      await lab.ip('A', 'link set a0 multicast off')
      lab.undo(() => lab.ip('A', 'link set a0 multicast on'))
      await lab.stream()
    },
  },
]
