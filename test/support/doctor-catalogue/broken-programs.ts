// Networks that are well, and a program on this host that gets nothing all the same.
import { GROUP, GROUP6, type Lab, PORT, type ProgramPlan } from './lab.ts'
import type { BrokenNetwork } from './network.ts'

const ASK = `${GROUP}:${PORT} -i a0`
const joined = { joins: [{ group: GROUP, interface: 'a0' }] }

const ofProgram = (
  name: string,
  story: string,
  plan: ProgramPlan,
  says: RegExp,
  more: Partial<BrokenNetwork> = {},
): BrokenNetwork => ({
  name,
  story,
  ask: ASK,
  setUp: async (lab) => {
    await lab.stream()
    await lab.program(plan)
  },
  check: 'socket',
  certainty: 'proven',
  says,
  ...more,
})

const localSender = (group: string) => (lab: Lab) =>
  lab.sender(
    'A',
    `import dgram from 'node:dgram'
    const socket = dgram.createSocket('${group.includes(':') ? 'udp6' : 'udp4'}').bind(0, () => {
      socket.setMulticastInterface('${group.includes(':') ? '::%a0' : '10.77.0.1'}')
      socket.setMulticastLoopback(false)
      setInterval(() => socket.send(Buffer.alloc(100), ${PORT}, '${group}'), 20)
      console.log('{}')
    })`,
  )

export const brokenPrograms: readonly BrokenNetwork[] = [
  ofProgram(
    'bound-to-unicast',
    'A program binds its socket to the address of its interface, as on Windows, and Linux gives it no multicast.',
    { address: '10.77.0.1', ...joined },
    /is bound to 10\.77\.0\.1, which takes no multicast/,
    { report: 'nodejs/node#1690' },
  ),
  ofProgram(
    'bound-to-another-group',
    'A program is bound to one group and joins another.',
    { address: '239.9.9.9', ...joined },
    /is bound to another group, 239\.9\.9\.9/,
  ),
  ofProgram(
    'bound-to-a-device',
    'A program is bound to the device of another network (SO_BINDTODEVICE).',
    { device: 'a1', ...joined },
    /is bound to the device a1/,
  ),
  ofProgram(
    'connected-elsewhere',
    'A program connected its socket to a server, and takes nothing from others since.',
    { peer: '10.77.0.12', ...joined },
    /is connected to 10\.77\.0\.12/,
  ),
  ofProgram(
    'ipv6-only',
    'A program listens on :: with IPV6_V6ONLY, and the group is IPv4.',
    { address: '::', v6only: true },
    /for IPv6 alone \(IPV6_V6ONLY\)/,
  ),
  ofProgram(
    'not-joined',
    'A program has the port and never joined: it works only while tcpdump or another program has.',
    {},
    /nobody on this host has joined 239\.1\.1\.1 on a0\./,
    { check: 'joined', report: 'moby/moby#23659' },
  ),
  ofProgram(
    'not-joined-no-port-named',
    'The same, and the doctor was asked for the group alone: the port is that of the stream.',
    {},
    /has port 5004, but nobody on this host has joined 239\.1\.1\.1 on a0\./,
    { check: 'joined', ask: `${GROUP} -i a0` },
  ),
  ofProgram(
    'joined-elsewhere',
    'A program joins without an interface, and the kernel joins on that of the default route: a VPN.',
    { joins: [{ group: GROUP, interface: 'a1' }] },
    /nobody on this host has joined 239\.1\.1\.1 on a0 \(it is joined on a1\)/,
    { check: 'joined', report: 'ikatson/rqbit#232' },
  ),
  ofProgram(
    'joined-elsewhere-for-itself',
    'The same, and the program has the port for itself, so that nothing else can listen there.',
    { joins: [{ group: GROUP, interface: 'a1' }], exclusive: true },
    /\(it is joined on a1\)/,
    { check: 'joined', report: 'GGist/ssdp-rs#2' },
  ),
  {
    name: 'joined-elsewhere-ipv6',
    story: 'The same in IPv6.',
    ask: `[${GROUP6}]:${PORT} -i a0`,
    setUp: async (lab) => {
      await lab.stream6()
      await lab.program({ address: '::', joins: [{ group: GROUP6, interface: 'a1' }] })
    },
    check: 'joined',
    certainty: 'proven',
    says: /nobody on this host has joined ff15::1 on a0 \(it is joined on a1\)/,
  },
  ofProgram(
    'joined-for-another-source',
    'A program joined for one source, and another one sends.',
    { joins: [{ group: GROUP, interface: 'a0', source: '10.77.0.12' }] },
    /joined on a0 only for 10\.77\.0\.12, and 10\.77\.0\.11 sends/,
    { check: 'joined' },
  ),
  ofProgram(
    'blocks-the-source',
    'A program blocked the source that sends, and forgot.',
    { joins: [{ group: GROUP, interface: 'a0', blocks: '10.77.0.11' }] },
    /10\.77\.0\.11 is blocked by every socket/,
    { check: 'joined' },
  ),
  {
    ...ofProgram(
      'blocks-by-itself',
      'A program blocked the source that sends, and another program takes all sources, so that the host has it joined.',
      { joins: [{ group: GROUP, interface: 'a0', blocks: '10.77.0.11' }] },
      /has port 5004, but has blocked 10\.77\.0\.11 on 239\.1\.1\.1/,
    ),
    setUp: async (lab) => {
      await lab.stream()
      await lab.program({ port: 9000, ...joined })
      await lab.program({ joins: [{ group: GROUP, interface: 'a0', blocks: '10.77.0.11' }] })
    },
  },
  {
    ...ofProgram(
      'takes-only-its-own',
      'A program joins by one socket and receives by another, and switched IP_MULTICAST_ALL off.',
      { takesAll: false },
      /has not joined 239\.1\.1\.1 on a0 by that socket, whose IP_MULTICAST_ALL is off/,
    ),
    setUp: async (lab) => {
      await lab.stream()
      await lab.program({ port: 9000, ...joined })
      await lab.program({ takesAll: false })
    },
  },
  {
    ...ofProgram(
      'does-not-read',
      'A program is too slow for the stream: its receive buffer is full, and the kernel drops what comes.',
      { buffer: 1, reads: false, ...joined },
      /does not read fast enough, and its receive buffer is full/,
      { certainty: 'likely', report: 'netdata/netdata#6527' },
    ),
    setUp: async (lab) => {
      await lab.program({ buffer: 1, reads: false, ...joined })
      await lab.stream({ size: 1000 })
    },
  },
  ofProgram(
    'filter-refuses',
    'A BPF filter on the socket of the program refuses the datagrams.',
    { refuses: true, ...joined },
    /a filter of its socket drops them/,
    { certainty: 'likely' },
  ),
  {
    name: 'asked-of-another-interface',
    story: 'The program is joined where the stream comes in, and the doctor was asked about another interface.',
    ask: `${GROUP}:${PORT} -i a1`,
    setUp: async (lab) => {
      await lab.stream()
      await lab.program(joined)
    },
    check: 'wire',
    certainty: 'likely',
    says: /239\.1\.1\.1 comes in by a0, and was looked for on a1/,
    fix: /^sockctl receive 239\.1\.1\.1:5004 -i a0$/,
  },
  {
    name: 'nobody-listens',
    story: 'Asked to only look, the doctor finds that the program is not there.',
    ask: `${ASK} --passive --wait 1s`,
    setUp: (lab) => lab.stream(),
    check: 'socket',
    certainty: 'likely',
    says: /no program on this host has port 5004/,
  },
  {
    name: 'passive-not-joined',
    story: 'Asked to only look, the doctor finds a program that has not joined, and does not join for it.',
    ask: `${ASK} --passive --wait 1s`,
    setUp: async (lab) => {
      await lab.stream()
      await lab.program()
    },
    check: 'joined',
    certainty: 'likely',
    says: /nobody on this host has joined 239\.1\.1\.1 on a0/,
  },
  {
    name: 'no-loopback',
    story: 'Sender and receiver are on one host, and the sender switched IP_MULTICAST_LOOP off.',
    report: 'obgm/libcoap#1497',
    ask: ASK,
    setUp: localSender(GROUP),
    check: 'loopback',
    certainty: 'proven',
    says: /multicast loopback switched off/,
  },
  {
    name: 'no-loopback-ipv6',
    story: 'The same in IPv6, where only the socket itself tells the option, and its descriptor is copied to ask.',
    ask: `[${GROUP6}]:${PORT} -i a0`,
    setUp: localSender(GROUP6),
    check: 'loopback',
    certainty: 'proven',
    says: /has multicast loopback switched off/,
  },
]
