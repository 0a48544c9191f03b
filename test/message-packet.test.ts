// Packet sockets: frames with all that the kernel knows of them, and frames that are sent.
import { readFileSync } from 'node:fs'
import { type Datagram, type MessageSocket, openSocket, SocketOptionError } from 'sockctl'
import { PACKET_VNET_HDR, SO_RCVBUFFORCE } from 'sockctl/options'
import { expect, it, onTestFinished } from 'vitest'
import { ip } from './support/commands.ts'
import { describeOnHosts, type TwoHosts } from './support/hosts.ts'
import { scratchFile } from './support/scratch.ts'

type PacketSocket = MessageSocket<'packet'>

/** An Ethernet protocol for experiments, which nothing else on the hosts uses. IEEE 802, RFC 9542 */
const EXPERIMENTAL = 0x88b5
const ETH_P_ALL = 3
const BROADCAST = 'ff:ff:ff:ff:ff:ff'
/** How many frames are compared with what another program captured. */
const FRAMES = Number(process.env.SOCKCTL_FRAMES ?? 5000)

const bytesOf = (mac: string): Buffer => Buffer.from(mac.replaceAll(':', ''), 'hex')

function frame(to: string, from: string, payload: Uint8Array | string, protocol = EXPERIMENTAL): Buffer {
  const type = Buffer.alloc(2)
  type.writeUInt16BE(protocol)
  return Buffer.concat([bytesOf(to), bytesOf(from), type, Buffer.from(payload)])
}

async function packetSocket(
  on: string,
  type: 'raw' | 'dgram' = 'raw',
  options: Parameters<Awaited<ReturnType<typeof openSocket>>['toMessageSocket']>[0] = {},
  protocol: number = EXPERIMENTAL,
): Promise<PacketSocket> {
  const socket = await openSocket({
    family: 'packet',
    type,
    protocol,
    options: [[SO_RCVBUFFORCE, 1 << 26]],
    bind: { interface: on },
  })
  const made = socket.toMessageSocket(options)
  onTestFinished(() => made.close())
  return made
}

/** Sends frames from host B, as they are. */
function senderOnB(hosts: TwoHosts) {
  const peer = hosts.spawn('B', {
    code: `
      import { openSocket } from 'sockctl'
      import { PACKET_VNET_HDR } from 'sockctl/options'
      import { serve } from '${new URL('support/stdio.mjs', import.meta.url)}'
      const socket = (await openSocket({ family: 'packet', type: 'raw', bind: { interface: 'b0' } })).toMessageSocket()
      serve({
        send: async ({ frames }) => ({ sent: await socket.send(frames.map((hex) => Buffer.from(hex, 'hex'))) }),
        many: async ({ head, count }) => {
          for (let from = 0; from < count; from += 100) {
            const frames = Array.from({ length: Math.min(100, count - from) }, (_, n) => {
              const data = Buffer.alloc(46 + ((from + n) % 1400), (from + n) % 251)
              data.writeUInt32BE(from + n)
              return Buffer.concat([Buffer.from(head, 'hex'), data])
            })
            await socket.send(frames)
          }
          return {}
        },
      })`,
  })
  onTestFinished(() => peer.close())
  return {
    send: (...frames: Buffer[]) => peer.request('send', { frames: frames.map((one) => one.toString('hex')) }),
    many: (head: Buffer, count: number) => peer.request('many', { head: head.toString('hex'), count }),
  }
}

async function take(socket: PacketSocket, count: number): Promise<Datagram<'packet'>[]> {
  const taken: Datagram<'packet'>[] = []
  while (taken.length < count) taken.push(...(await socket.receive()))
  return taken
}

/** Hears what an interface sends too: only sockets of all protocols do. */
async function tap(on: string): Promise<(count: number) => Promise<Datagram<'packet'>[]>> {
  const socket = await packetSocket(on, 'raw', {}, ETH_P_ALL)
  return async (count) => {
    const sent: Datagram<'packet'>[] = []
    while (sent.length < count)
      sent.push(
        ...(await socket.receive()).filter(
          ({ source }) => source.packetType === 'outgoing' && source.protocol === EXPERIMENTAL,
        ),
      )
    return sent
  }
}

/** The frames in a file of libpcap's. */
function framesOf(file: string): Buffer[] {
  const bytes = readFileSync(file)
  const frames: Buffer[] = []
  for (let at = 24; at + 16 <= bytes.length; ) {
    const length = bytes.readUInt32LE(at + 8)
    frames.push(bytes.subarray(at + 16, at + 16 + length))
    at += 16 + length
  }
  return frames
}

describeOnHosts('a packet socket', (hosts) => {
  it('tells the interface, the protocol, the source and the type of each frame', async () => {
    const { a, b } = hosts().pairs[0]
    const socket = await packetSocket('a0')
    const stranger = '02:00:00:00:00:99'
    await senderOnB(hosts()).send(
      frame(a.mac, b.mac, 'mine'),
      frame(BROADCAST, b.mac, 'all'),
      frame('01:00:5e:01:02:03', b.mac, 'group'),
      frame(stranger, b.mac, 'other'),
    )
    const got = await take(socket, 4)
    expect(got.map(({ source }) => source)).toEqual(
      ['host', 'broadcast', 'multicast', 'otherhost'].map((packetType) => ({
        interface: 'a0',
        protocol: EXPERIMENTAL,
        hardwareAddress: b.mac,
        packetType,
      })),
    )
    expect(got.map(({ data }) => data.subarray(14).toString())).toEqual(['mine', 'all', 'group', 'other'])
    expect(got[0]).toMatchObject({ truncated: false, ancillaryTruncated: false, interfaceIndex: a.index })
  })

  it('of type dgram has no header, and answers its source', async () => {
    const { a, b } = hosts().pairs[0]
    const socket = await packetSocket('a0', 'dgram')
    await senderOnB(hosts()).send(frame(a.mac, b.mac, 'question'))
    const [question] = await take(socket, 1)
    expect(question?.data.toString()).toBe('question')
    const sent = await tap('a0')
    // The socket that sends hears nothing of what it sends itself.
    await socket.reply(question as Datagram<'packet'>, Buffer.from('answer'))
    const [answer] = await sent(1)
    expect(answer?.data).toEqual(frame(b.mac, a.mac, 'answer'))
    expect(answer?.source).toMatchObject({ packetType: 'outgoing', hardwareAddress: a.mac })
  })

  it('sends by any interface if it is bound to none', async () => {
    const { a, b } = hosts().pairs[0]
    const sent = await tap('a0')
    const socket = (await openSocket({ family: 'packet', type: 'dgram' })).toMessageSocket()
    onTestFinished(() => socket.close())
    await socket.send(Buffer.from('x'), { interface: 'a0', protocol: EXPERIMENTAL, hardwareAddress: b.mac })
    await socket.send(Buffer.from('y'), {
      interface: a.index,
      protocol: EXPERIMENTAL,
      hardwareAddress: b.mac.toUpperCase(),
    })
    expect((await sent(2)).map(({ data }) => data.subarray(14).toString())).toEqual(['x', 'y'])
  })

  it('tells the VLAN tag, the length and whether the checksum is still to come', async () => {
    const { a, b } = hosts().pairs[0]
    const socket = await packetSocket('a0', 'raw', { ancillary: { vlan: true, timestamp: true } }, ETH_P_ALL)
    const tagged = Buffer.concat([
      bytesOf(a.mac),
      bytesOf(b.mac),
      Buffer.from('8100b064', 'hex'),
      Buffer.from('88b5', 'hex'),
    ])
    await senderOnB(hosts()).send(Buffer.concat([tagged, Buffer.from('tagged')]), frame(a.mac, b.mac, 'plain'))
    const got: Datagram<'packet'>[] = []
    while (got.length < 2)
      got.push(...(await socket.receive()).filter(({ data }) => /tagged|plain/.test(data.toString('latin1'))))
    const [first, second] = got
    expect(first?.vlan).toEqual({ id: 100, priority: 5, dropEligible: true, protocol: 0x8100 })
    expect(first?.data).toEqual(frame(a.mac, b.mac, 'tagged'))
    expect(second).not.toHaveProperty('vlan')
    expect(second?.frameLength).toBe(19)
    expect(second?.timestamp).toBeTypeOf('bigint')
    expect(second).not.toHaveProperty('partialChecksum')
  })

  it('tells of a frame that stands for many, and sends with the same header', async () => {
    const { a, b } = hosts().pairs[0]
    const socket = await packetSocket('a0', 'raw', { ancillary: { gso: true, vlan: true } }, ETH_P_ALL)
    const sender = (await openSocket({ family: 'ipv4', type: 'dgram', bind: { address: a.ipv4[0] } })).toMessageSocket()
    onTestFinished(() => sender.close())
    await sender.send(Buffer.alloc(3000, 'g'), { address: b.ipv4[0], port: 9 }, { segment: 1000 })
    let found: Datagram<'packet'> | undefined
    while (found === undefined) found = (await socket.receive()).find(({ gso }) => gso !== undefined)
    expect(found.gso).toMatchObject({ type: 'UDP_L4', size: 1000 })
    expect(found.partialChecksum).toBe(true)
    expect(found.data.subarray(0, 6)).toEqual(bytesOf(b.mac))
    expect(found.data.length).toBe(14 + 20 + 8 + 3000)
    expect(await socket.control.get(PACKET_VNET_HDR)).toBe(true)
    const sent = await tap('a0')
    await socket.send(frame(b.mac, a.mac, 'with header'))
    expect((await sent(1))[0]?.data).toEqual(frame(b.mac, a.mac, 'with header'))
    expect(socket.stats().sent).toMatchObject({ datagrams: 1 })
  })

  it(`gives ${FRAMES} frames as another program captured them, byte for byte`, async () => {
    const { a, b } = hosts().pairs[0]
    const file = scratchFile('frames.pcap')
    const capture = hosts().spawnProgram('A', [
      'sh',
      '-c',
      `echo '{}'; exec dumpcap -q -P -B 64 -i a0 -f 'ether proto ${EXPERIMENTAL}' -c ${FRAMES} -w ${file} 2>&1 | sed -u 's/.*/{"said":"x"}/'`,
    ])
    const socket = await packetSocket('a0', 'raw', { batch: 256, maxDatagram: 2048 })
    // dumpcap says which file it writes once it captures.
    await capture.next(({ said }: { said?: string }) => said !== undefined)
    const sending = senderOnB(hosts()).many(frame(a.mac, b.mac, ''), FRAMES)
    const got = await take(socket, FRAMES)
    await sending
    await capture.exited
    const wanted = framesOf(file)
    expect(wanted.length).toBe(FRAMES)
    expect(got.length).toBe(FRAMES)
    for (const [index, { data }] of got.entries())
      if (!data.equals(wanted[index] as Buffer)) expect(data).toEqual(wanted[index])
    expect(socket.stats().received).toMatchObject({ datagrams: FRAMES, dropped: 0, truncated: 0 })
  })

  it('counts what the kernel had no room for', async () => {
    const { a, b } = hosts().pairs[0]
    const socket = (
      await openSocket({ family: 'packet', type: 'raw', protocol: EXPERIMENTAL, bind: { interface: 'a0' } })
    ).toMessageSocket()
    onTestFinished(() => socket.close())
    const sender = senderOnB(hosts())
    const marker = await packetSocket('a0')
    await sender.many(frame(a.mac, b.mac, ''), 3000)
    await take(marker, 3000)
    let received = 0
    const { dropped } = socket.stats().received
    expect(dropped).toBeGreaterThan(0)
    while (received + dropped < 3000) received += (await socket.receive()).length
    expect(received + dropped).toBe(3000)
  })

  it('cuts what is longer than maxDatagram, and says so', async () => {
    const { a, b } = hosts().pairs[0]
    const socket = await packetSocket('a0', 'raw', { maxDatagram: 20 })
    await senderOnB(hosts()).send(frame(a.mac, b.mac, 'longer than that'))
    expect((await take(socket, 1))[0]).toMatchObject({ truncated: true, data: frame(a.mac, b.mac, 'longer') })
  })

  it('reads on after its interface was down', async () => {
    const { a, b } = hosts().pairs[0]
    const socket = await packetSocket('a0')
    const refused = expect(socket.receive()).rejects.toMatchObject({ code: 'ENETDOWN', syscall: 'recvmmsg' })
    await ip('link', 'set', 'a0', 'down')
    await refused
    await ip('link', 'set', 'a0', 'up')
    await senderOnB(hosts()).send(frame(a.mac, b.mac, 'again'))
    expect((await take(socket, 1))[0]?.data.subarray(14).toString()).toBe('again')
  })

  it('names an interface by its new name after it was renamed', async () => {
    const { a, b } = hosts().pairs[0]
    const socket = (
      await openSocket({ family: 'packet', type: 'raw', protocol: EXPERIMENTAL, bind: { protocol: EXPERIMENTAL } })
    ).toMessageSocket()
    onTestFinished(() => socket.close())
    const peer = senderOnB(hosts())
    const nameNow = async (): Promise<unknown> => {
      await peer.send(frame(a.mac, b.mac, 'x'))
      return (await take(socket, 1))[0]?.source.interface
    }
    const rename = async (from: string, to: string): Promise<void> => {
      await ip('link', 'set', from, 'down')
      await ip('link', 'set', from, 'name', to)
      await ip('link', 'set', to, 'up')
    }
    expect(await nameNow()).toBe('a0')
    await rename('a0', 'renamed0')
    onTestFinished(() => rename('renamed0', 'a0'))
    while ((await nameNow()) !== 'renamed0');
  })

  it('refuses by its own words what it can not send', async () => {
    const { a, b } = hosts().pairs[0]
    const cooked = await packetSocket('a0', 'dgram')
    const raw = await packetSocket('a0', 'raw')
    const unbound = (await openSocket({ family: 'packet', type: 'raw' })).toMessageSocket()
    onTestFinished(() => unbound.close())
    const x = Buffer.from('x')
    const cases: [() => Promise<unknown>, RegExp][] = [
      [() => cooked.send(x, { interface: 'a0' }), /hardwareAddress is undefined: a0 has hardware addresses/],
      [() => cooked.send(x, { hardwareAddress: b.mac }), /interface is undefined: the interface to send by is needed/],
      [() => cooked.send(x, { interface: 'nothere', hardwareAddress: b.mac }), /nothere/],
      [() => cooked.send(x, { interface: 'a0', hardwareAddress: 'gg' }), /bytes as '02:00:5e:10:00:01' are needed/],
      [() => cooked.send(x, { interface: 'a0', protocol: 70000, hardwareAddress: b.mac }), /protocol is 70000/],
      [() => cooked.send(x, { address: a.ipv4[0], port: 9 } as never), /address is no part of an address of packet/],
      [() => raw.send(x), /its header is not whole.*EINVAL/],
      [() => raw.send(Buffer.concat([frame(b.mac, a.mac, ''), Buffer.alloc(1600)])), /more than the MTU.*EMSGSIZE/],
      [() => unbound.send(frame(b.mac, a.mac, 'x')), /bind the socket to one.*ENXIO/],
      [() => raw.send(x, undefined, { hopLimit: 1 }), /hopLimit is 1, and this socket is of packet/],
      [() => raw.connect({ interface: 'a0' }), /connect/],
    ]
    for (const [call, words] of cases) {
      const error = await call().catch((error: unknown) => error)
      expect(error).toBeInstanceOf(SocketOptionError)
      expect((error as Error).message).toMatch(words)
    }
  })
})
