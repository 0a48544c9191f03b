// Raw sockets and ICMP sockets, which have no ports.
import { type MessageSocket, openSocket, SocketOptionError } from 'sockctl'
import { IP_HDRINCL, IP_MULTICAST_TTL, IPV6_CHECKSUM } from 'sockctl/options'
import { expect, it, onTestFinished } from 'vitest'
import { sysctl } from './support/commands.ts'
import { describeOnHosts } from './support/hosts.ts'

type Inet = 'ipv4' | 'ipv6'

/** A protocol for experiments, which nothing else on the hosts uses. RFC 3692 */
const EXPERIMENTAL = 253

async function opened(spec: object, options: object = {}): Promise<MessageSocket> {
  const socket = (await openSocket(spec as never)).toMessageSocket(options) as unknown as MessageSocket
  onTestFinished(() => socket.close())
  return socket
}

/** An echo request without an identifier, which the kernel fills in. RFC 792, RFC 4443 */
const echoRequest = (family: Inet, text: string): Buffer =>
  Buffer.concat([Buffer.from(family === 'ipv4' ? '0800000000000001' : '8000000000000001', 'hex'), Buffer.from(text)])

describeOnHosts('a socket without ports', (hosts) => {
  it.each(['ipv4', 'ipv6'] as const)('of raw %s sends and hears whole packets, without a port', async (family) => {
    const { a } = hosts().pairs[0]
    const [address, other] = a[family]
    const listening = await opened(
      { family, type: 'raw', protocol: EXPERIMENTAL, bind: { address } },
      { ancillary: { hopLimit: true } },
    )
    const sender = await opened({ family, type: 'raw', protocol: EXPERIMENTAL, bind: { address: other } })
    await sender.send([Buffer.from('one'), { data: Buffer.from('two'), hopLimit: 9 }], { address })
    const got = [...(await listening.receive())]
    while (got.length < 2) got.push(...(await listening.receive()))
    const header = family === 'ipv4' ? 20 : 0
    expect(got.map(({ data }) => data.subarray(header).toString())).toEqual(['one', 'two'])
    expect(got[0]).toMatchObject({ source: { address: other, port: 0 }, destination: address, hopLimit: 64 })
    expect(got[1]?.hopLimit).toBe(9)
    await listening.reply(got[0] as never, Buffer.from('answer'))
    const [answer] = await sender.receive()
    expect(answer?.data.subarray(header).toString()).toBe('answer')
    expect(answer?.source).toEqual({ address, port: 0 })
    expect(listening.address).toEqual({ address, port: 0 })
  })

  it.each(['ipv4', 'ipv6'] as const)('of raw %s is connected without a dummy port', async (family) => {
    const { a } = hosts().pairs[0]
    const [address, other] = a[family]
    const connected = await opened({ family, type: 'raw', protocol: EXPERIMENTAL, connect: { address: other } })
    expect(connected.remoteAddress).toEqual({ address: other, port: 0 })
    const listening = await opened({ family, type: 'raw', protocol: EXPERIMENTAL, bind: { address: other } })
    await connected.send(Buffer.from('to the peer'))
    expect((await listening.receive())[0]?.data.toString('latin1')).toMatch(/to the peer$/)
    await connected.disconnect()
    expect(connected.remoteAddress).toBeUndefined()
    await expect(connected.send(Buffer.from('x'))).rejects.toMatchObject({
      code: 'EDESTADDRREQ',
      message: expect.stringContaining('give `to`, or connect the socket'),
    })
    await connected.connect({ address })
    expect(connected.remoteAddress).toEqual({ address, port: 0 })
  })

  it('sends packets with headers of its own: IP_HDRINCL', async () => {
    const { a } = hosts().pairs[0]
    const [address, other] = a.ipv4
    const socket = await opened({ family: 'ipv4', type: 'raw', protocol: 'IPPROTO_RAW' })
    expect(await socket.control.get(IP_HDRINCL)).toBe(true)
    const listening = await opened({ family: 'ipv4', type: 'raw', protocol: EXPERIMENTAL })
    const header = Buffer.from('450000000000000007fd0000', 'hex')
    const ends = [other, address].flatMap((text) => text.split('.').map(Number))
    await socket.send(Buffer.concat([header, Buffer.from(ends), Buffer.from('forged')]), { address })
    const [got] = await listening.receive()
    expect(got?.data[8]).toBe(7)
    expect(got?.data.subarray(20).toString()).toBe('forged')
    expect(got?.source).toEqual({ address: other, port: 0 })
    await expect(socket.send(Buffer.from('short'), { address })).rejects.toThrow(
      /begins with a whole IP header.*EINVAL/,
    )
  })

  it('of raw IPv6 has its checksums computed by the kernel', async () => {
    const { a } = hosts().pairs[0]
    const [address] = a.ipv6
    const socket = await opened({
      family: 'ipv6',
      type: 'raw',
      protocol: EXPERIMENTAL,
      options: [[IPV6_CHECKSUM, 2]],
      bind: { address },
    })
    await socket.send(Buffer.from('0102000003', 'hex'), { address })
    const [got] = await socket.receive()
    expect(got?.data.readUInt16BE(2)).not.toBe(0)
  })

  it.each(['ipv4', 'ipv6'] as const)('of ICMP over %s pings without privilege, connected or not', async (family) => {
    using _ = sysctl('net.ipv4.ping_group_range', '0 0')
    const { b } = hosts().pairs[0]
    const [address] = b[family]
    const protocol = family === 'ipv4' ? 'IPPROTO_ICMP' : 'IPPROTO_ICMPV6'
    for (const connect of [undefined, { address }]) {
      const socket = await opened(
        { family, type: 'dgram', protocol, ...(connect ? { connect } : {}) },
        { ancillary: { hopLimit: true } },
      )
      await (connect === undefined
        ? socket.send(echoRequest(family, 'ping'), { address })
        : socket.send(echoRequest(family, 'ping')))
      const [answer] = await socket.receive()
      expect(answer?.data.subarray(8).toString()).toBe('ping')
      expect(answer?.source).toEqual({ address, port: 0 })
      expect(answer?.hopLimit).toBe(64)
      // The identifier, which is the socket's own port.
      expect(socket.address.port).toBe(answer?.data.readUInt16BE(4))
      if (connect !== undefined) expect(socket.remoteAddress).toEqual({ address, port: 0 })
    }
  })

  it('hears reports of groups, and sends to groups', async () => {
    const { a } = hosts().pairs[0]
    const socket = await opened({
      family: 'ipv4',
      type: 'raw',
      protocol: 'IPPROTO_IGMP',
      options: [[IP_MULTICAST_TTL, 1]],
    })
    const membership = await socket.control.join({ group: '239.9.9.9', interface: a.name })
    await socket.send(Buffer.from('1600000000000000', 'hex'), { address: '239.9.9.9' }, { interface: a.name })
    let heard: { destination?: string; interfaceIndex?: number } | undefined
    while (heard === undefined) heard = (await socket.receive()).find(({ destination }) => destination === '239.9.9.9')
    expect(heard.interfaceIndex).toBe(a.index)
    await membership.leave()
  })

  it('refuses by its own words what it has not', async () => {
    const raw = await openSocket({ family: 'ipv4', type: 'raw', protocol: EXPERIMENTAL })
    onTestFinished(() => raw.close())
    expect(() => raw.toMessageSocket({ gro: true })).toThrow(/only UDP sockets have it/)
    expect(() => raw.toMessageSocket({ ancillary: { vlan: true } })).toThrow(/vlan is told by sockets of packet/)
    expect(() => raw.toMessageSocket({ ancillary: { credentials: true } })).toThrow(/unix, netlink/)
    const socket = raw.toMessageSocket()
    const x = Buffer.from('x')
    for (const [to, words] of [
      [{ path: '/run/x.sock' }, /path/],
      [{ address: '::1' }, /this socket is IPv4/],
      [{ address: '127.0.0.1', port: -1 }, /port is -1/],
      [{ interface: 'lo' }, /interface/],
    ] as const) {
      const error: unknown = await socket.send(x, to as never).catch((error: unknown) => error)
      expect(error).toBeInstanceOf(SocketOptionError)
      expect((error as Error).message).toMatch(words)
    }
    await expect(socket.send(x, { address: '127.0.0.1' }, { descriptors: [0] })).rejects.toThrow(
      /descriptors is .*, and this socket is of ipv4: messages of unix have it/,
    )
  })
})
