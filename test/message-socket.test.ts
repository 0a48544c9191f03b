import { EventEmitter, once } from 'node:events'
import {
  type Datagram,
  type MessageSocket,
  type MessageSocketOptions,
  openSocket,
  type SocketSpec,
  type SocketSpecOf,
} from 'sockctl'
import { IP_PKTINFO, IP_RECVERR, SO_BROADCAST, SO_RCVBUF } from 'sockctl/options'
import { expect, it, onTestFinished } from 'vitest'
import { run } from './support/commands.ts'
import { openSockets } from './support/descriptors.ts'
import { describeOnHosts, onHost } from './support/hosts.ts'
import { describeInNamespace } from './support/namespace.ts'

type Family = 'ipv4' | 'ipv6'

async function socketOf(
  family: Family,
  bind: { address?: string; port?: number } = {},
  options: MessageSocketOptions = {},
  settings: SocketSpecOf<Family>['options'] = [],
): Promise<MessageSocket> {
  const spec = { family, type: 'dgram', bind, options: settings } as SocketSpec
  const socket = (await openSocket(spec)).toMessageSocket(options) as MessageSocket
  onTestFinished(() => socket.close())
  return socket
}

const texts = (batch: readonly Datagram[]): string[] => batch.map(({ data }) => String(data))

/** Datagrams until there are so many. */
async function receive(socket: MessageSocket, count: number): Promise<Datagram[]> {
  const all: Datagram[] = []
  while (all.length < count) all.push(...(await socket.receive()))
  return all
}

const LOOPBACK = [
  { family: 'ipv4', name: 'IPv4', address: '127.0.0.1', own: '127.0.0.1' },
  { family: 'ipv6', name: 'IPv6', address: '::1', own: '::1' },
  { family: 'ipv6', name: 'IPv4 over a dual-stack socket', address: '127.0.0.1', own: '::ffff:127.0.0.1' },
] as const

describeInNamespace('a MessageSocket', () => {
  it.each(LOOPBACK)('receives, answers and is answered over $name', async ({ family, address, own }) => {
    const server = await socketOf(family, { port: 0 }, { ancillary: { hopLimit: true } })
    const client = await socketOf(address === '::1' ? 'ipv6' : 'ipv4')
    const { port } = server.address

    expect(await client.send([Buffer.from('one'), Buffer.from('two')], { address, port })).toBe(2)
    const [first, second] = await receive(server, 2)
    expect(first).toEqual({
      data: Buffer.from('one'),
      source: { address: own, port: client.address.port },
      destination: own,
      interfaceIndex: 1,
      truncated: false,
      ancillaryTruncated: false,
      hopLimit: 64,
    })
    if (first === undefined || second === undefined) throw new Error('two were sent')
    expect(await server.reply(second, Buffer.from('2'))).toBe(1)
    expect(await server.reply(first, [Buffer.from('1'), { data: Buffer.from('1 again') }])).toBe(2)
    const answers = await receive(client, 3)
    expect(texts(answers)).toEqual(['2', '1', '1 again'])
    expect(new Set(answers.map(({ source }) => source.address))).toEqual(new Set([address]))
  })

  it.each(['127.0.0.1', '127.0.0.2', '127.9.9.9'])(
    'answers from %s, to which the request was sent',
    async (address) => {
      const server = await socketOf('ipv4', { port: 0 })
      const client = await socketOf('ipv4')
      await client.send(Buffer.from('?'), { address, port: server.address.port })
      const [request] = await server.receive()
      await server.reply(request as Datagram, Buffer.from('!'))
      const [answer] = await client.receive()
      expect(answer?.source).toEqual({ address, port: server.address.port })
    },
  )

  it('receives of its peer only while it is connected, and of anybody after disconnect', async () => {
    const [peer, other] = [await socketOf('ipv4', { address: '127.0.0.1' }), await socketOf('ipv4')]
    const socket = await socketOf('ipv4', { address: '127.0.0.1', port: 0 })
    const to = socket.address
    await socket.connect(peer.address)
    expect(socket.remoteAddress).toEqual(peer.address)
    await other.send(Buffer.from('stranger'), to)
    await peer.send(Buffer.from('peer'), to)
    expect(texts(await socket.receive())).toEqual(['peer'])

    await socket.disconnect()
    expect(socket.remoteAddress).toBeUndefined()
    expect(socket.address).toEqual(to)
    await other.send(Buffer.from('stranger'), to)
    expect(texts(await socket.receive())).toEqual(['stranger'])
  })

  it('keeps the port that the kernel chose at connect after disconnect', async () => {
    const peer = await socketOf('ipv6', { address: '::1' })
    const socket = await socketOf('ipv6')
    await socket.connect(peer.address)
    const { port } = socket.address
    await socket.disconnect()
    expect(socket.address).toEqual({ address: '::', port })
    await peer.send(Buffer.from('x'), { address: '::1', port })
    expect(texts(await socket.receive())).toEqual(['x'])
  })

  it('sends to the peer it is connected to, then to another, and to nobody after disconnect', async () => {
    const peers = [await socketOf('ipv4', { address: '127.0.0.1' }), await socketOf('ipv4', { address: '127.0.0.1' })]
    const socket = await socketOf('ipv4')
    await expect(socket.send(Buffer.from('x'))).rejects.toMatchObject({ code: 'ERR_NO_DESTINATION' })
    for (const peer of peers) {
      await socket.connect(peer.address)
      await socket.send(Buffer.from(`for ${peer.address.port}`))
      expect(texts(await peer.receive())).toEqual([`for ${peer.address.port}`])
    }
    await socket.disconnect()
    await expect(socket.send(Buffer.from('x'))).rejects.toMatchObject({ code: 'ERR_NO_DESTINATION' })
  })

  it('rejects once with the error that came back to a connected socket, and goes on', async () => {
    const peer = await socketOf('ipv4', { address: '127.0.0.1' })
    const to = peer.address
    await peer.close()
    const socket = await socketOf('ipv4')
    await socket.connect(to)
    await socket.send(Buffer.from('nobody'))
    await expect(socket.receive()).rejects.toMatchObject({ code: 'ECONNREFUSED', syscall: 'recvmmsg' })
    const again = await socketOf('ipv4', to)
    await socket.send(Buffer.from('somebody'))
    expect(texts(await again.receive())).toEqual(['somebody'])
  })

  it('tells errors that come back to an unconnected socket, while nobody reads too', async () => {
    const closed = await socketOf('ipv4', { address: '127.0.0.1' })
    const to = closed.address
    await closed.close()
    for (const socket of [
      await socketOf('ipv4', {}, { returnedErrors: true }),
      await socketOf('ipv4', {}, {}, [[IP_RECVERR, true]]),
    ]) {
      const told = once(socket, 'returned-error')
      await socket.send(Buffer.from('nobody'), to)
      const [error] = await told
      expect(error).toMatchObject({ code: 'ECONNREFUSED', origin: 'icmp', destination: to, icmpType: 3, icmpCode: 3 })
      expect(String(error.payload)).toBe('nobody')
    }
  })

  it('loses nothing to an abort, at whatever moment, and stays open', async () => {
    const server = await socketOf('ipv4', { port: 0 })
    const client = await socketOf('ipv4')
    await client.connect({ address: '127.0.0.1', port: server.address.port })
    const reason = new Error('enough')
    const got: string[] = []
    let aborted = 0
    for (let n = 0; n < 200; n++) {
      const controller = new AbortController()
      const reading = server.receive({ signal: controller.signal }).then(
        (batch) => got.push(...texts(batch)),
        (error) => {
          expect(error).toBe(reason)
          aborted++
        },
      )
      await client.send(Buffer.from(String(n)))
      if (n % 4 === 0) controller.abort(reason)
      else if (n % 4 === 1) process.nextTick(() => controller.abort(reason))
      else if (n % 4 === 2) setImmediate(() => controller.abort(reason))
      await reading
      if (n % 4 === 3) controller.abort(reason)
    }
    while (got.length < 200) got.push(...texts(await server.receive()))
    expect(got).toEqual(Array.from({ length: 200 }, (_, n) => String(n)))
    expect(aborted).toBeGreaterThanOrEqual(50)
  })

  it('rejects at once with the reason of a signal that is aborted already', async () => {
    const socket = await socketOf('ipv4')
    const reason = new Error('before')
    await expect(socket.receive({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    await expect(async () =>
      (await openSocket({ family: 'ipv4', type: 'dgram' })).toMessageSocket({ signal: AbortSignal.abort(reason) }),
    ).rejects.toBe(reason)
  })

  it('has one reader at a time', async () => {
    const socket = await socketOf('ipv4', { port: 0 })
    const first = socket.receive()
    await expect(socket.receive()).rejects.toMatchObject({ code: 'ERR_READER_BUSY' })
    await socket.send(Buffer.from('x'), { address: '127.0.0.1', port: socket.address.port })
    expect(texts(await first)).toEqual(['x'])
  })

  it('ends every wait when it is closed, leaves no descriptor and says that it is closed', async () => {
    const before = openSockets()
    const owned = await openSocket({ family: 'ipv4', type: 'dgram', bind: { port: 0 } })
    const socket = owned.toMessageSocket()
    const reading = expect(socket.receive()).rejects.toMatchObject({ reason: 'closed' })
    await socket.close()
    await reading
    await socket.close()
    expect(openSockets()).toEqual(before)
    const datagram = {
      data: Buffer.from('x'),
      source: { address: '127.0.0.1', port: 9 },
      truncated: false,
      ancillaryTruncated: false,
    }
    for (const call of [
      () => socket.receive(),
      () => socket.send(Buffer.from('x')),
      () => socket.reply(datagram, Buffer.from('x')),
      () => socket.connect({ address: '127.0.0.1', port: 9 }),
      () => socket.disconnect(),
      async () => socket.address,
      async () => socket.control.get(SO_RCVBUF),
      async () => owned.release(),
    ])
      await expect(call()).rejects.toMatchObject({ reason: 'closed' })
    for await (const _ of socket) throw new Error('a closed socket gives nothing')
    expect(socket.stats().received.datagrams).toBe(0)
  })

  it('is closed by its signal, and by leaving its loop', async () => {
    const controller = new AbortController()
    const socket = await socketOf('ipv4', { port: 0 }, { signal: controller.signal })
    await socket.send(Buffer.from('x'), { address: '127.0.0.1', port: socket.address.port })
    const loop = (async () => {
      for await (const _ of socket) controller.abort()
    })()
    await loop
    await expect(socket.receive()).rejects.toMatchObject({ reason: 'closed' })

    const other = await socketOf('ipv4', { port: 0 })
    await other.send(Buffer.from('x'), { address: '127.0.0.1', port: other.address.port })
    for await (const _ of other) break
    await expect(other.receive()).rejects.toMatchObject({ reason: 'closed' })
  })

  it('keeps the control, with its memberships, that the socket had', async () => {
    const owned = await openSocket({ family: 'ipv4', type: 'dgram', bind: { port: 0 } })
    const membership = await owned.control.join({ group: '239.1.2.3', interface: '127.0.0.1' })
    const socket = owned.toMessageSocket()
    onTestFinished(() => socket.close())
    expect(socket.control).toBe(owned.control)
    expect(socket.control.memberships).toEqual([membership])
    expect(() => owned.toDatagram()).toThrow(expect.objectContaining({ code: 'ERR_SOCKET_HANDED_OVER' }))
    expect(socket).toBeInstanceOf(EventEmitter)
  })

  it('counts what was received and sent', async () => {
    const socket = await socketOf('ipv4', { port: 0 }, { maxDatagram: 4 })
    await socket.send([Buffer.alloc(3), Buffer.alloc(9)], { address: '127.0.0.1', port: socket.address.port })
    await receive(socket, 2)
    const { received, sent } = socket.stats()
    expect(received).toMatchObject({ datagrams: 2, bytes: 7, truncated: 1, dropped: 0 })
    expect(sent).toMatchObject({ datagrams: 2, bytes: 12 })
  })

  it.each(['ipv4', 'ipv6'] as const)(
    'of %s says which datagrams were broadcast, and answers these from an address of the host',
    async (family) => {
      const server = await socketOf(family, { port: 0 })
      const client = await socketOf('ipv4', {}, {}, [[SO_BROADCAST, true]])
      await client.send(Buffer.from('?'), { address: '127.255.255.255', port: server.address.port })
      const [request] = await server.receive()
      expect(request).toMatchObject({
        destination: `${family === 'ipv6' ? '::ffff:' : ''}127.255.255.255`,
        broadcast: true,
      })
      await server.reply(request as Datagram, Buffer.from('!'))
      expect((await client.receive())[0]?.source.address).toBe('127.0.0.1')
    },
  )

  it('answers if the destination is not told', async () => {
    const server = await socketOf('ipv4', { port: 0 })
    server.control.setSync(IP_PKTINFO, false)
    const client = await socketOf('ipv4')
    await client.send(Buffer.from('?'), { address: '127.0.0.1', port: server.address.port })
    const [request] = await server.receive()
    expect(request).not.toHaveProperty('destination')
    await server.reply(request as Datagram, Buffer.from('!'))
    expect(texts(await client.receive())).toEqual(['!'])
  })

  it('gives the datagrams as a stream', async () => {
    const socket = await socketOf('ipv4', { port: 0 })
    await socket.send([Buffer.from('a'), Buffer.from('b')], { address: '127.0.0.1', port: socket.address.port })
    const got: string[] = []
    for await (const { data } of socket.readable()) {
      got.push(String(data))
      if (got.length === 2) break
    }
    expect(got).toEqual(['a', 'b'])
  })

  const datagram = {
    data: Buffer.alloc(1),
    source: { address: '127.0.0.1', port: 9 },
    truncated: false,
    ancillaryTruncated: false,
  }
  it.each<[string, (socket: MessageSocket) => Promise<unknown>, RegExp]>([
    ['a reply to no datagram', (socket) => socket.reply(1 as never, Buffer.alloc(1)), /reply takes a datagram/],
    ['a datagram without a source', (socket) => socket.reply({} as never, Buffer.alloc(1)), /no source/],
    [
      'port 0',
      (socket) => socket.reply({ ...datagram, source: { address: '127.0.0.1', port: 0 } }, Buffer.alloc(1)),
      /port 0/,
    ],
    ['wrong bytes', (socket) => socket.reply(datagram, 'text' as never), /data is 'text'/],
    ['a wrong choice', (socket) => socket.reply(datagram, Buffer.alloc(1), 1 as never), /third argument is 1/],
    [
      'an unknown choice',
      (socket) => socket.reply(datagram, Buffer.alloc(1), { ttl: 1 } as never),
      /unknown option 'ttl'/,
    ],
    ['a peer without a port', (socket) => socket.connect({ address: '127.0.0.1' } as never), /port is undefined/],
    ['a peer of another family', (socket) => socket.connect({ address: '::1', port: 9 }), /an IPv4 address/],
    ['an unknown option of receive', (socket) => socket.receive({ timeout: 1 } as never), /unknown option 'timeout'/],
    ['a signal that is none', (socket) => socket.receive({ signal: 1 as never }), /an AbortSignal is needed/],
  ])('refuses %s', async (_, call, words) => {
    const socket = await socketOf('ipv4', { port: 0 })
    await expect(call(socket)).rejects.toThrow(words)
    await socket.send(Buffer.from('still there'), { address: '127.0.0.1', port: socket.address.port })
    expect(texts(await socket.receive())).toEqual(['still there'])
  })

  it('is refused to sockets of other kinds and for wrong options, and the socket stays open', async () => {
    await using stream = await openSocket({ family: 'ipv4', type: 'stream' })
    expect(() => stream.toMessageSocket()).toThrow(/a stream socket of ipv4 can't become a MessageSocket/)
    await using owned = await openSocket({ family: 'ipv4', type: 'dgram' })
    for (const [options, words] of [
      [{ batch: 0 }, /batch is 0/],
      [{ readInterval: -1 }, /readInterval is -1/],
      [{ reuseBuffers: 1 }, /reuseBuffers is 1/],
      [{ ancillary: { ttl: true } }, /unknown option 'ttl'/],
      [{ ports: 1 }, /unknown option 'ports'/],
      [{ gro: true, maxDatagram: 1 }, /with gro/],
    ] as const)
      expect(() => owned.toMessageSocket(options as never)).toThrow(words)
    expect(owned.fd).toBeGreaterThan(0)
  })
})

describeOnHosts('a server of many requests', (hosts) => {
  const nftOnB = (commands: string): Promise<string> => {
    const [program = '', ...args] = [...onHost(hosts(), 'B'), 'nft', '-f', '-']
    return run(program, args, commands)
  }

  it.each<[string, Family, (a: { ipv4: readonly string[]; ipv6: readonly string[]; linkLocal: string }) => string[]]>([
    ['two addresses over IPv4', 'ipv4', ({ ipv4 }) => [...ipv4]],
    ['two addresses over IPv6', 'ipv6', ({ ipv6 }) => [...ipv6]],
    ['its link-local address', 'ipv6', ({ linkLocal }) => [linkLocal]],
  ])('on %s answers each from the address that was asked', async (_, family, addressesOf) => {
    const { a, b } = hosts().pairs[0]
    const server = await socketOf(family, { port: 0 }, {}, [[SO_RCVBUF, 1 << 20]])
    const serving = (async () => {
      for await (const batch of server)
        for (const datagram of batch) await server.reply(datagram, Buffer.concat([datagram.data, Buffer.from('!')]))
    })()
    const client = hosts().spawn('B', {
      code: `
        import { openSocket } from 'sockctl'
        import { serve } from '${new URL('support/stdio.mjs', import.meta.url)}'
        serve({
          ask: async ({ family, address, port, count }) => {
            const socket = (await openSocket({ family, type: 'dgram' })).toMessageSocket()
            const answered = new Map()
            let from = 0
            while (from < count) {
              const asked = Array.from({ length: Math.min(32, count - from) }, (_, i) => Buffer.from(String(from + i)))
              await socket.send(asked, { address, port })
              for (let got = 0; got < asked.length; ) {
                const batch = await socket.receive()
                got += batch.length
                for (const { data, source } of batch) {
                  const key = source.address + ' ' + source.port
                  if (!String(data).endsWith('!')) throw new Error('not an answer: ' + data)
                  answered.set(key, (answered.get(key) ?? 0) + 1)
                }
              }
              from += asked.length
            }
            await socket.close()
            return Object.fromEntries(answered)
          },
        })`,
    })
    const count = Number(process.env.SOCKCTL_REQUESTS ?? 1000)
    const { port } = server.address
    const addresses = addressesOf(a)
    await nftOnB(`table inet seen {
      set sources4 { type ipv4_addr; flags dynamic; counter; }
      set sources6 { type ipv6_addr; flags dynamic; counter; }
      chain in {
        type filter hook prerouting priority 0
        udp sport ${port} update @sources4 { ip saddr }
        udp sport ${port} update @sources6 { ip6 saddr }
      }
    }`)
    for (const address of addresses) {
      const to = address.startsWith('fe80') ? `${address.replace(/%.*/, '')}%${b.name}` : address
      expect(await client.request('ask', { family, address: to, port, count })).toEqual({ [`${to} ${port}`]: count })
    }
    // The other host's firewall counts what arrives, from whatever address.
    const seen = [...(await nftOnB('list table inet seen')).matchAll(/(\S+) counter packets (\d+) /g)]
    expect(Object.fromEntries(seen.map(([, source, packets]) => [source, Number(packets)]))).toEqual(
      Object.fromEntries(addresses.map((address) => [address.replace(/%.*/, ''), count])),
    )
    await nftOnB('delete table inet seen')
    await client.close()
    await server.close()
    await serving
  })

  it('answers a group’s and a broadcast’s requests from the address of the interface they came in on', async () => {
    for (const pair of hosts().pairs) {
      const { a, b } = pair
      const server = await socketOf('ipv4', { port: 0 })
      await server.control.join({ group: '239.9.9.9', interface: a.name })
      const client = hosts().spawn('B', {
        code: `
          import { openSocket } from 'sockctl'
          import { IP_MULTICAST_IF, SO_BROADCAST } from 'sockctl/options'
          import { serve } from '${new URL('support/stdio.mjs', import.meta.url)}'
          serve({
            ask: async ({ through, address, port }) => {
              const options = [[SO_BROADCAST, true], [IP_MULTICAST_IF, through]]
              const socket = (await openSocket({ family: 'ipv4', type: 'dgram', options })).toMessageSocket()
              await socket.send(Buffer.from('?'), { address, port }, { interface: through })
              const [{ source }] = await socket.receive()
              await socket.close()
              return source
            },
          })`,
      })
      const { port } = server.address
      for (const address of ['239.9.9.9', '255.255.255.255', a.ipv4[0].replace(/\d+$/, '255')]) {
        const asked = client.request('ask', { through: b.index, address, port })
        const [request] = await server.receive()
        expect(request).toMatchObject({ destination: address, interfaceIndex: a.index })
        expect(request?.broadcast).toBe(address.startsWith('239') ? undefined : true)
        await server.reply(request as Datagram, Buffer.from('!'))
        expect(await asked).toEqual({ address: a.ipv4[0], port })
      }
      await client.close()
      await server.close()
    }
  })
})
