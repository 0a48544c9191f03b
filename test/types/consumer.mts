// A program that uses the package, for the compiler only: each optional field is written, and each may be undefined.

import {
  type AncillaryChoice,
  type Channel,
  codecs,
  control,
  defineOption,
  type GroupOnInterface,
  openReceiver,
  openSender,
  openSocket,
  toJson,
} from 'sockctl'
import {
  IP_ADD_MEMBERSHIP,
  IP_ADD_SOURCE_MEMBERSHIP,
  IP_MSFILTER,
  IPV6_FLOWLABEL_MGR,
  IPV6_JOIN_ANYCAST,
  IPV6_PKTINFO,
  MCAST_JOIN_GROUP,
  MCAST_JOIN_SOURCE_GROUP,
  MCAST_MSFILTER,
  PACKET_ADD_MEMBERSHIP,
  PACKET_FANOUT,
  SO_RCVBUF,
  SO_TIMESTAMPING,
  SO_TXTIME,
  TCP_MD5SIG,
  TCP_MD5SIG_EXT,
} from 'sockctl/options'
import { announceSap, listenSap } from 'sockctl/sap'
import { listenNtp, queryNtp } from 'sockctl/sntp'

function maybe<T>(value: T): T | undefined {
  return value
}
const c = control(3)

export const size: number = c.getSync(SO_RCVBUF)
export const group: GroupOnInterface = { group: '239.1.1.1', interface: maybe('eth0') }
export const channel: Channel = { group: '232.1.1.1', source: maybe('192.0.2.1'), interface: maybe(2) }
export const ancillary: AncillaryChoice = { hopLimit: maybe(true), timestamp: maybe('hardware' as const) }

c.setSync(IPV6_PKTINFO, { address: maybe('2001:db8::1'), interface: maybe('eth0') })
c.setSync(IPV6_FLOWLABEL_MGR, {
  action: 'get',
  destination: maybe('2001:db8::1'),
  label: maybe(5),
  share: maybe('user' as const),
  flags: maybe(['create' as const]),
  expires: maybe(7),
  linger: maybe(8),
})
c.setSync(SO_TIMESTAMPING, { flags: ['SOFTWARE'], phc: maybe(1) })
c.setSync(SO_TXTIME, { clock: 'tai', flags: maybe(['deadlineMode' as const]) })
for (const option of [TCP_MD5SIG, TCP_MD5SIG_EXT])
  c.setSync(option, {
    address: '192.0.2.1',
    key: new Uint8Array(3),
    prefixLength: maybe(24),
    interface: maybe('eth0'),
    flags: maybe(['prefix' as const]),
  })
c.setSync(PACKET_ADD_MEMBERSHIP, { interface: 1, type: 'unicast', address: maybe(new Uint8Array(6)) })
c.setSync(PACKET_FANOUT, { id: 1, mode: 'hash', flags: maybe(['rollover' as const]) })
c.setSync(IP_ADD_MEMBERSHIP, { group: '239.1.1.1', interface: maybe('eth0') })
c.setSync(IP_ADD_SOURCE_MEMBERSHIP, { group: '232.1.1.1', source: '192.0.2.1', interface: maybe('192.0.2.9') })
c.setSync(MCAST_JOIN_GROUP, { group: '239.1.1.1', interface: maybe(2) })
c.setSync(MCAST_JOIN_SOURCE_GROUP, { group: '232.1.1.1', source: '192.0.2.1', interface: maybe('eth0') })
c.setSync(IP_MSFILTER, { group: '239.1.1.1', interface: maybe('192.0.2.9'), mode: 'include', sources: [] })
c.setSync(MCAST_MSFILTER, { group: '239.1.1.1', interface: maybe('eth0'), mode: 'exclude', sources: [] })
c.setSync(IPV6_JOIN_ANYCAST, { address: '2001:db8::1', interface: maybe('eth0') })

const raw = defineOption({
  name: 'IPT_SO_GET_INFO',
  level: 'IPPROTO_IP',
  option: 64,
  codec: codecs.bytesOf(84, 84),
  access: maybe('read' as const),
  waits: maybe(false),
})
export const info: Uint8Array = c.getSync(raw, new Uint8Array(84))
export const unasked: Uint8Array = c.getSync(raw)

export const receiver = openReceiver({
  port: maybe(5000),
  address: maybe('192.0.2.1'),
  family: maybe('ipv4' as const),
  channels: maybe([channel]),
  options: maybe([[SO_RCVBUF, 1]] as const),
  batch: maybe(1),
  maxDatagram: maybe(1),
  ancillary: maybe(ancillary),
  gro: maybe(true),
  returnedErrors: maybe(true),
  reuse: maybe(true),
  type: maybe('raw' as const),
  protocol: maybe(2),
  signal: maybe(AbortSignal.timeout(1)),
})
export const sender = openSender({
  to: maybe({ address: '239.1.1.1', port: 5000 }),
  family: maybe('ipv4' as const),
  bind: maybe({ address: maybe('192.0.2.1'), port: maybe(1) }),
  interface: maybe('eth0'),
  hops: maybe(1),
  loopback: maybe(true),
  trafficClass: maybe(1),
  connect: maybe(true),
  segmentation: maybe(true),
  returnedErrors: maybe(true),
  transmitTimestamps: maybe(true),
  transmitTime: maybe('tai' as const),
  signal: maybe(AbortSignal.timeout(1)),
})
export const sent = sender.then((to) =>
  to.send([{ data: new Uint8Array(1), to: maybe({ address: '239.1.1.1', port: 1 }), hopLimit: maybe(1) }], undefined, {
    trafficClass: maybe(1),
    transmitTime: maybe(1n),
    timestampId: maybe(1),
    source: maybe('192.0.2.1'),
    interface: maybe(1),
  }),
)
export const owned = openSocket({
  family: 'ipv4',
  type: 'stream',
  protocol: maybe(6),
  bind: maybe({ address: maybe('192.0.2.1'), port: maybe(1) }),
  listen: maybe({ backlog: maybe(1) }),
  signal: maybe(AbortSignal.timeout(1)),
})
export const sessions = listenSap({ port: maybe(1), interfaces: maybe(['eth0']), maxSessions: maybe(1) })
export const announcements = announceSap({ sdp: '', interface: maybe(1), source: maybe('192.0.2.1'), hops: maybe(1) })
export const times = listenNtp({ groups: maybe(['224.0.1.1']) })
export const time = queryNtp('192.0.2.1', { port: maybe(123), timeout: maybe(1) })
export const text: string = toJson({ size })
