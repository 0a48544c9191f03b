// Each option whose answer comes as a control message, with a real datagram: the field that its comment names is filled.
import { readFileSync } from 'node:fs'
import { type Datagram, type Message, openSocket, socketPair } from 'sockctl'
import * as options from 'sockctl/options'
import { SO_MEMINFO, SO_PASSCRED, SO_PASSPIDFD } from 'sockctl/options'
import { expect, it, onTestFinished } from 'vitest'
import { run } from './support/commands.ts'
import { describeInNamespace } from './support/namespace.ts'

type Name = keyof typeof options
const table = new Map(Object.entries(options) as [Name, unknown][])
type Settings = Partial<Record<Name, unknown>>

/** What is sent so that an option has something to tell; 5 bytes to a socket of the same family if nothing is said. */
interface Case {
  readonly family: 'ipv4' | 'ipv6'
  /** Options of the sender. */
  readonly sender?: Settings
  readonly message?: Partial<Message>
  /** How the answer looks in `Datagram.ancillary`: the level and the type. */
  readonly ancillary?: readonly [level: number, type: number]
}

const SOCKET = 1
const IP = 0
const IPV6 = 41
const IPPROTO_UDP = 17
const IPPROTO_ROUTING = 43
const RECORD_ROUTE = Uint8Array.of(7, 7, 4, 0, 0, 0, 0, 0)
/** An extension header of eight bytes that holds padding alone. RFC 8200 4.2 */
const PADDING = Uint8Array.of(0, 0, 1, 4, 0, 0, 0, 0)
/** More than loopback sends in one packet here. */
const LONG = Buffer.alloc(6000)

const CASES: Partial<Record<Name, Case>> = {
  IP_PKTINFO: { family: 'ipv4' },
  IP_RECVFRAGSIZE: { family: 'ipv4', message: { data: LONG }, ancillary: [IP, 25] },
  IP_RECVOPTS: { family: 'ipv4', sender: { IP_OPTIONS: RECORD_ROUTE }, ancillary: [IP, 6] },
  IP_RECVORIGDSTADDR: { family: 'ipv4' },
  IP_RECVTOS: { family: 'ipv4' },
  IP_RECVTTL: { family: 'ipv4' },
  IP_RETOPTS: { family: 'ipv4', sender: { IP_OPTIONS: RECORD_ROUTE }, ancillary: [IP, 7] },
  IP_RECVRETOPTS: { family: 'ipv4', sender: { IP_OPTIONS: RECORD_ROUTE }, ancillary: [IP, 7] },
  IPV6_FLOWINFO: { family: 'ipv6', message: { trafficClass: 0x20 }, ancillary: [IPV6, 11] },
  IPV6_RECVDSTOPTS: { family: 'ipv6', sender: { IPV6_DSTOPTS: PADDING }, ancillary: [IPV6, 59] },
  IPV6_RECVFRAGSIZE: { family: 'ipv6', message: { data: LONG }, ancillary: [IPV6, 77] },
  IPV6_RECVHOPLIMIT: { family: 'ipv6' },
  IPV6_RECVHOPOPTS: { family: 'ipv6', sender: { IPV6_HOPOPTS: PADDING }, ancillary: [IPV6, 54] },
  IPV6_RECVORIGDSTADDR: { family: 'ipv6' },
  IPV6_RECVPKTINFO: { family: 'ipv6' },
  IPV6_RECVTCLASS: { family: 'ipv6' },
  SO_RCVMARK: { family: 'ipv4', message: { mark: 77 }, ancillary: [SOCKET, 36] },
  SO_RCVPRIORITY: { family: 'ipv4', message: { priority: 5 }, ancillary: [SOCKET, 12] },
  SO_TIMESTAMP: { family: 'ipv4' },
  SO_TIMESTAMPNS: { family: 'ipv4' },
}

/** Options that are tried elsewhere, and where; or what it would take. */
const ELSEWHERE: Partial<Record<Name, string>> = {
  IP_CHECKSUM: 'test/receiver-ancillary.test.ts: over loopback there is no sum',
  IP_PASSSEC: 'a security module that labels packets',
  IPV6_RECVPATHMTU: 'below',
  IPV6_RECVRTHDR: 'below',
  NETLINK_LISTEN_ALL_NSID: 'test/message-netlink.test.ts',
  NETLINK_PKTINFO: 'below',
  PACKET_AUXDATA: 'test/message-packet.test.ts',
  PACKET_VNET_HDR: 'test/message-packet.test.ts',
  SCTP_RECVNXTINFO: 'a kernel with SCTP',
  SCTP_RECVRCVINFO: 'a kernel with SCTP',
  SO_PASSCRED: 'below',
  SO_PASSPIDFD: 'below',
  SO_PASSRIGHTS: 'test/passed-descriptors.test.ts',
  SO_PASSSEC: 'a security module that labels processes',
  SO_TIMESTAMPING: 'test/transmit-timestamps.test.ts',
}

const { options: docs } = JSON.parse(readFileSync(new URL('../dist/options/docs.json', import.meta.url), 'utf8')) as {
  options: { name: Name; does: string }[]
}

/** The fields that the comment of an option names. */
const fieldsOf = (name: Name): string[] => {
  const does = docs.find((option) => option.name === name)?.does ?? ''
  const other = /the other name of `(\w+)`/.exec(does)?.[1] as Name | undefined
  return other === undefined
    ? [...does.matchAll(/`Datagram\.(\w+)`/g)].map(([, field]) => field as string)
    : fieldsOf(other)
}

it('is tried, or it is said where, for every option that names a field of Datagram', () => {
  const names = docs.map(({ name }) => name).filter((name) => fieldsOf(name).length > 0)
  expect(names.length).toBeGreaterThan(30)
  expect(names.filter((name) => !(name in CASES) && !(name in ELSEWHERE))).toEqual([])
})

/** The first datagram that a socket gets. */
async function first<D>(socket: { receive(): Promise<D[]> }): Promise<D> {
  const [datagram] = await socket.receive()
  return datagram as D
}

async function bound(family: 'ipv4' | 'ipv6', settings: Settings) {
  const address = family === 'ipv4' ? '127.0.0.1' : '::1'
  const list = Object.entries(settings).map(([name, value]) => [table.get(name as Name), value])
  const owned = await openSocket({ family, type: 'dgram', options: list as never, bind: { address, port: 0 } })
  const socket = owned.toMessageSocket()
  onTestFinished(() => socket.close())
  return socket
}

/** Loopback whose packets are as short as Ethernet's, until the test ends. */
async function shortPackets(): Promise<void> {
  await run('ip', ['link', 'set', 'lo', 'mtu', '1500'])
  onTestFinished(async () => {
    await run('ip', ['link', 'set', 'lo', 'mtu', '65536'])
  })
}

describeInNamespace('a datagram', () => {
  it.each(Object.entries(CASES) as [Name, Case][])(
    'has what %s tells in the field that the comment names',
    async (name, { family, sender: settings = {}, message = {}, ancillary }) => {
      await shortPackets()
      const receiver = await bound(family, { [name]: true })
      const sender = await bound(family, settings)
      await sender.send([{ data: Buffer.from('hello'), ...message }], receiver.address as never)
      const datagram: Datagram = (await first(receiver)) as Datagram
      expect(fieldsOf(name)).not.toEqual([])
      for (const field of fieldsOf(name)) expect(datagram[field as keyof Datagram], field).toBeDefined()
      if (ancillary === undefined) return
      const [level, type] = ancillary
      expect(datagram.ancillary).toEqual([{ level, type, data: expect.any(Buffer) }])
    },
  )

  it('has no field of SO_RXQ_OVFL, whose number SO_MEMINFO tells', async () => {
    const receiver = await bound('ipv4', { SO_RXQ_OVFL: true, SO_RCVBUF: 0 })
    const sender = await bound('ipv4', {})
    for (let i = 0; i < 20; i++) await sender.send(Buffer.alloc(1400), receiver.address as never)
    const datagram = await first(receiver)
    expect(datagram).not.toHaveProperty('ancillary')
    expect((await receiver.control.get(SO_MEMINFO)).drops).toBeGreaterThan(0)
    expect(fieldsOf('SO_RXQ_OVFL')).toEqual([])
  })

  it('without data tells the path MTU ahead of the next datagram, as IPV6_RECVPATHMTU asks for', async () => {
    await shortPackets()
    const socket = await bound('ipv6', { IPV6_RECVPATHMTU: true, IPV6_DONTFRAG: true })
    await expect(socket.send(Buffer.alloc(3000), { address: '::1', port: 9 } as never)).rejects.toThrow(/MTU/)
    await (await bound('ipv6', {})).send(Buffer.from('next'), socket.address as never)
    const told = (await first(socket)) as Datagram
    expect(told.data).toHaveLength(0)
    expect(told.ancillary).toEqual([{ level: IPV6, type: 61, data: expect.any(Buffer) }])
    // struct ip6_mtuinfo: a sockaddr_in6, then the MTU.
    expect(told.ancillary?.[0]?.data.readUInt32LE(28)).toBe(1500)
  })

  it.each([SO_PASSCRED, SO_PASSPIDFD])('of a Unix socket has what $name tells', async (option) => {
    const [sender, receiver] = (await socketPair('dgram')).map((one) => one.toMessageSocket())
    onTestFinished(() => Promise.all([sender?.close(), receiver?.close()]).then(() => {}))
    await receiver?.control.set(option, true)
    await sender?.send(Buffer.from('x'))
    const datagram = (await first(receiver as NonNullable<typeof receiver>)) as Datagram<'unix'>
    onTestFinished(async () => await datagram.pidfd?.close())
    const [field] = fieldsOf(option.name as Name)
    expect(datagram[field as 'credentials']).toBeDefined()
  })

  it('of a netlink socket has its group, as NETLINK_PKTINFO asks for', async () => {
    const RTMGRP_LINK = 1
    const owned = await openSocket({
      ...{ family: 'netlink', type: 'raw', protocol: 'NETLINK_ROUTE', bind: { groups: RTMGRP_LINK } },
      options: [[options.NETLINK_PKTINFO, true]],
    })
    const socket = owned.toMessageSocket()
    onTestFinished(() => socket.close())
    await shortPackets()
    const { ancillary } = (await first(socket)) as Datagram<'netlink'>
    expect(ancillary).toEqual([{ level: 270, type: 3, data: expect.any(Buffer) }])
    expect(ancillary?.[0]?.data.readUInt32LE()).toBe(RTMGRP_LINK)
  })

  it('has its routing header, as IPV6_RECVRTHDR asks for', async () => {
    const receiver = await bound('ipv6', { IPV6_RECVRTHDR: true, UDP_NO_CHECK6_RX: true })
    const { port } = receiver.address as { port: number }
    const owned = await openSocket({ family: 'ipv6', type: 'raw', protocol: IPPROTO_ROUTING })
    const sender = owned.toMessageSocket()
    onTestFinished(() => sender.close())
    // Type 253 of RFC 4727, with no segment left: a receiver goes on to the UDP header behind it.
    const header = Buffer.of(IPPROTO_UDP, 0, 253, 0, 0, 0, 0, 0)
    const udp = Buffer.from([0x0f, 0xa0, port >>> 8, port & 255, 0, 8 + 5, 0, 0, ...Buffer.from('hello')])
    await sender.send(Buffer.concat([header, udp]), { address: '::1' } as never)
    const { data, ancillary } = (await first(receiver)) as Datagram
    expect(data.toString()).toBe('hello')
    expect(ancillary).toEqual([{ level: IPV6, type: 57, data: header }])
  })
})
