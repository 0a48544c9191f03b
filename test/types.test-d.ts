// Checked by `npm run typecheck`: a line that must not compile says so, and the check fails where it does.
import type dgram from 'node:dgram'
import type { FileHandle } from 'node:fs/promises'
import http from 'node:http'
import type net from 'node:net'
import tls from 'node:tls'
import {
  codecs,
  control,
  defineOption,
  describeGroup,
  type Interface,
  type Membership,
  type Option,
  openSocket,
  type SocketControl,
  type SocketOptionError,
  type SocketSpec,
} from 'sockctl'
import {
  IP_ADD_MEMBERSHIP,
  IP_MSFILTER,
  IP_MULTICAST_IF,
  IP_MULTICAST_LOOP,
  IPV6_FLOWLABEL_MGR,
  IPV6_PKTINFO,
  MCAST_MSFILTER,
  SO_LINGER,
  SO_RCVBUF,
  SO_REUSEADDR,
  SO_TIMESTAMPING,
  SO_TXTIME,
  SO_TYPE,
  TCP_MD5SIG,
  TCP_MD5SIG_EXT,
} from 'sockctl/options'

const c = control(3)

/** Over any option that can be read, or set and read. */
export const reading = <R>(one: Option<R>): Promise<R> => c.get(one)
export async function thereAndBack<T>(one: Option<T>, value: T): Promise<T> {
  await c.set(one, value)
  return c.getSync(one)
}

export async function reads(): Promise<void> {
  const size: number = await c.get(SO_RCVBUF)
  const loop: boolean = c.getSync(IP_MULTICAST_LOOP)
  const { onoff, linger }: { onoff: boolean; linger: number } = await c.get(SO_LINGER)
  const { mode }: { mode: 'include' | 'exclude' } = await c.get(MCAST_MSFILTER, { group: '239.1.1.1', interface: 'lo' })
  void [size, loop, onoff, linger, mode]
  // @ts-expect-error write-only
  await c.get(IP_ADD_MEMBERSHIP)
  // @ts-expect-error write-only
  c.getSync(IP_ADD_MEMBERSHIP)
  // @ts-expect-error it must be asked for a group
  await c.get(IP_MSFILTER)
  // @ts-expect-error it takes no question
  await c.get(SO_RCVBUF, { group: '239.1.1.1' })
  // @ts-expect-error a number is no string
  const text: string = await c.get(SO_RCVBUF)
  void text
}

export async function writes(): Promise<void> {
  await c.set(SO_RCVBUF, 1000)
  await c.set(IP_MULTICAST_IF, 'lo')
  await c.set(IP_ADD_MEMBERSHIP, { group: '239.1.1.1' })
  // @ts-expect-error a string is no number
  await c.set(SO_RCVBUF, '1000')
  // @ts-expect-error 1 is no boolean
  c.setSync(IP_MULTICAST_LOOP, 1)
  // @ts-expect-error the group is missing
  await c.set(IP_ADD_MEMBERSHIP, {})
  // @ts-expect-error read-only
  await c.set(SO_TYPE, 1)
  // @ts-expect-error a misspelt mode
  await c.set(MCAST_MSFILTER, { group: '239.1.1.1', mode: 'includes', sources: [] })
  // @ts-expect-error a filter needs a mode
  await c.setSourceFilter({ group: '239.1.1.1' }, { sources: [] })
  // @ts-expect-error a channel needs a group
  await c.join({ source: '10.0.0.1' })
}

export function defines(): Option<number> {
  const mine: Option<number> = defineOption({ name: 'MINE', level: 'SOL_SOCKET', option: 8, codec: codecs.int() })
  const bytes: Option<Buffer, Uint8Array> = defineOption({ name: 'RAW', level: 1, option: 8, codec: codecs.bytes })
  const readOnly = defineOption({ name: 'READ', level: 1, option: 8, codec: codecs.byte, access: 'read' })
  const writeOnly = defineOption({ name: 'WRITE', level: 1, option: 8, codec: codecs.byte, access: 'write' })
  const read: number = c.getSync(readOnly)
  c.setSync(writeOnly, read)
  void bytes
  // @ts-expect-error it can only be read
  c.setSync(readOnly, 1)
  // @ts-expect-error it can only be set
  c.getSync(writeOnly)
  // @ts-expect-error a level that is none
  defineOption({ name: 'MINE', level: 'SOL_SOCKETS', option: 8, codec: codecs.int() })
  // @ts-expect-error without a codec
  defineOption({ name: 'MINE', level: 1, option: 8 })
  return mine
}

export function controls(tcp: net.Socket, server: net.Server, udp: dgram.Socket, file: FileHandle): SocketControl[] {
  const all = [tcp, server, udp, file, new tls.TLSSocket(tcp), http.createServer(), tls.createServer(), 3, { fd: 3 }]
  // @ts-expect-error control does not take text
  control('3')
  // @ts-expect-error nor what has no descriptor
  control({ port: 3 })
  // @ts-expect-error the descriptor is the socket's
  c.fd = 4
  return all.map(control)
}

export async function joins(): Promise<readonly Membership[]> {
  await using membership = await c.join({ group: 'ff15::1', interface: 2, source: '2001:db8::1' })
  const { name, index }: { readonly name: string; readonly index: number } = membership.interface
  const [blocked]: readonly string[] = membership.blocked
  await membership.block(blocked ?? name)
  await c.joinAll(new Set([{ group: '239.1.1.1', interface: '10.0.0.1' }]))
  // @ts-expect-error an interface is a name, an index or an address
  await c.join({ group: '239.1.1.1', interface: { index } })
  // @ts-expect-error joinAll takes channels
  await c.joinAll({ group: '239.1.1.1' })
  // @ts-expect-error what it joined is not to be changed
  membership.group = '239.1.1.2'
  // @ts-expect-error a source is needed
  await membership.unblock()
  const filter: { mode: 'include' | 'exclude'; sources: string[] } = await c.getSourceFilter({ group: '239.1.1.1' })
  await c.setSourceFilter({ group: '239.1.1.1' }, filter)
  return c.memberships
}

export async function settings(): Promise<string | undefined> {
  await c.setMulticastHops((await c.getMulticastHops()) + 1)
  await c.setMulticastLoopback(!(await c.getMulticastLoopback()))
  const through: Interface | undefined = await c.getMulticastInterface()
  await c.setMulticastInterface(through?.index ?? 'lo')
  // @ts-expect-error there may be none
  through.name
  // @ts-expect-error true or false
  await c.setMulticastLoopback(1)
  // @ts-expect-error a number
  await c.setMulticastHops('1')
  const snapshot: Record<string, unknown> = await c.snapshot()
  // @ts-expect-error what a snapshot holds is not known
  return snapshot.SO_BINDTODEVICE
}

export function reasons(error: SocketOptionError): string {
  const errno: number | undefined = error.errno
  void errno
  // @ts-expect-error no such reason
  if (error.reason === 'no-socket') return error.code
  switch (error.reason) {
    case 'limit':
    case 'permission':
      return error.message
    default:
      return error.option ?? error.syscall ?? describeGroup('239.1.1.1').kind
  }
}

export async function opens(): Promise<dgram.Socket> {
  const mine = defineOption({ name: 'MINE', level: 'SOL_SOCKET', option: 8, codec: codecs.int() })
  const options = [
    [SO_REUSEADDR, true],
    [SO_RCVBUF, 1000],
    [SO_LINGER, { onoff: true, linger: 1 }],
    [mine, 1],
  ] as const
  const udp = await openSocket({ family: 'ipv4', type: 'dgram', options, bind: { port: 0 } })
  const { address, port }: { address: string; port: number } = udp.address()
  const unix = await openSocket({
    family: 'unix',
    type: 'seqpacket',
    options: [[SO_RCVBUF, 1000]],
    connect: somewhere(),
  })
  const { path }: { path: string } = unix.address()
  const spec: SocketSpec = { family: 'packet', type: 'raw', protocol: 'ETH_P_ALL', bind: { interface: 'lo' } }
  await openSocket(spec)
  await openSocket({ family: 'ipv4', type: 'stream', connect: udp.address(), signal: AbortSignal.timeout(1) })
  void [address, port, path]

  // @ts-expect-error 1 is no boolean
  await openSocket({ family: 'ipv4', type: 'dgram', options: [[SO_REUSEADDR, 1]] })
  await openSocket({
    family: 'ipv4',
    type: 'dgram',
    options: [
      [SO_REUSEADDR, true],
      // @ts-expect-error each value is of its own option's type
      [SO_RCVBUF, true],
    ],
  })
  // @ts-expect-error an option that can only be read
  await openSocket({ family: 'ipv4', type: 'dgram', options: [[SO_TYPE, 1]] })
  // @ts-expect-error an option without a value
  await openSocket({ family: 'ipv4', type: 'dgram', options: [[SO_RCVBUF]] })
  // @ts-expect-error a name is no option
  await openSocket({ family: 'ipv4', type: 'dgram', options: [['SO_RCVBUF', 1]] })
  // @ts-expect-error no such family
  await openSocket({ family: 'ipv5', type: 'dgram' })
  // @ts-expect-error netlink has no streams
  await openSocket({ family: 'netlink', type: 'stream' })
  // @ts-expect-error IPv4 has no paths
  await openSocket({ family: 'ipv4', type: 'dgram', bind: { path: 'x.sock' } })
  // Raw sockets have no ports.
  await openSocket({ family: 'ipv4', type: 'raw', protocol: 1, connect: { address: '127.0.0.1' } })
  // @ts-expect-error packet sockets have no connections
  await openSocket({ family: 'packet', type: 'raw', connect: { interface: 'lo' } })
  // @ts-expect-error no such protocol
  await openSocket({ family: 'ipv4', type: 'raw', protocol: 'IPPROTO_NONSENSE' })
  return udp.toDatagram()
}

const somewhere = (): { path: string } => ({ path: 'x' })

/** Every field that may be left out takes each value of its codec, not its default only, and undefined. */
export async function writesOptionalFields(): Promise<void> {
  await c.set(IPV6_PKTINFO, { address: 'fd00::1', interface: 'eth0' })
  await c.set(IPV6_PKTINFO, { address: undefined, interface: undefined })
  await c.set(IPV6_FLOWLABEL_MGR, {
    action: 'get',
    destination: 'fd00::1',
    label: 0x12345,
    share: 'any',
    flags: ['create', 8],
    expires: 60,
    linger: 6,
  })
  await c.set(SO_TIMESTAMPING, { flags: ['BIND_PHC'], phc: 1 })
  await c.set(SO_TXTIME, { clock: 'tai', flags: ['reportErrors'] })
  const key = { address: '10.0.0.1', key: Buffer.from('key') }
  for (const option of [TCP_MD5SIG, TCP_MD5SIG_EXT])
    await c.set(option, { ...key, prefixLength: 24, interface: 'eth0', flags: ['prefix', 'interface'] })
  // @ts-expect-error no such flag
  await c.set(SO_TXTIME, { clock: 'tai', flags: ['none'] })
}
