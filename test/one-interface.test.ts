// An interface and an address are one answer, however they are named.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { control, describeGroup, interfaces } from 'sockctl'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ip } from './support/commands.ts'
import { describeOnHosts } from './support/hosts.ts'
import { describeInNamespace } from './support/namespace.ts'
import { kernelSources } from './support/net-stat.ts'
import { opened, readingOf, sending } from './support/receiving.ts'

async function bound(type: 'udp4' | 'udp6', address?: string) {
  const socket = createSocket(type).bind(0, address)
  await once(socket, 'listening')
  onTestFinished(() => void socket.close())
  return control(socket)
}

/** Adds e0 and e1, the ends of one cable. */
async function addPair(): Promise<void> {
  await ip('link', 'add', 'e0', 'type', 'veth', 'peer', 'name', 'e1')
  onTestFinished(() => ip('link', 'delete', 'e0').then(() => {}))
  for (const name of ['e0', 'e1']) await ip('link', 'set', name, 'up')
}

describeInNamespace('an interface', () => {
  it('is refused if two have the address that names it, and neither is joined', async () => {
    await addPair()
    for (const name of ['e0', 'e1']) await ip('address', 'add', '192.0.2.10/24', 'dev', name)
    const c = await bound('udp4')
    const ambiguous = { reason: 'bad-value', message: expect.stringMatching(/e[01], e[01].*name one/) }
    await expect(c.join({ group: '239.1.1.1', interface: '192.0.2.10' })).rejects.toMatchObject(ambiguous)
    await expect(c.setMulticastInterface('192.0.2.10')).rejects.toMatchObject(ambiguous)
    const membership = await c.join({ group: '239.1.1.1', interface: 'e1' })
    await membership.block('192.0.2.77')
    const { index } = membership.interface
    expect(kernelSources()).toContainEqual(expect.objectContaining({ index, source: '192.0.2.77', exclude: 1 }))
  })

  it('has the name that interfaces() gives, joined by an altname', async () => {
    await addPair()
    await ip('link', 'property', 'add', 'dev', 'e0', 'altname', 'alt0')
    const c = await bound('udp4')
    const { interface: on } = await c.join({ group: '239.1.1.1', interface: 'alt0' })
    expect(interfaces().map(({ name }) => name)).toContain(on.name)
    expect(on.name).toBe('e0')
  })

  it.each(['0.0.0.0', '::', '0:0:0:0:0:0:0:0', '::ffff:0.0.0.0'])(
    'named %s is the one of the route, as for dgram',
    async (spec) => {
      await ip('route', 'add', '239.0.0.0/8', 'dev', 'lo')
      onTestFinished(() => ip('route', 'delete', '239.0.0.0/8', 'dev', 'lo').then(() => {}))
      const c = await bound('udp4')
      expect((await c.join({ group: '239.1.1.1', interface: spec })).interface.name).toBe('lo')
      await c.setMulticastInterface(spec)
    },
  )

  it('is named by the zone of the wildcard, and contradicts no other name of itself', async () => {
    const c = await bound('udp6')
    const membership = await c.join({ group: 'ff15::7', interface: '::%lo' })
    expect(membership.interface.name).toBe('lo')
    await membership.leave()
    expect((await c.join({ group: 'ff15::7%lo', interface: 1 })).interface.name).toBe('lo')
  })
})

describeInNamespace('an IPv4-mapped address, as dual-stack sockets tell', () => {
  it('is taken wherever a group, a source or an interface is asked for', async () => {
    const c = await bound('udp6')
    const membership = await c.join({ group: '::ffff:239.1.1.1', interface: '::ffff:127.0.0.1' })
    expect(membership).toMatchObject({ group: '239.1.1.1', interface: { name: 'lo' } })
    await membership.block('::ffff:10.9.0.1')
    expect(membership.blocked).toEqual(['10.9.0.1'])
    await membership.unblock('::ffff:a09:1')
    await membership.leave()
    const channel = await c.join({ group: '::ffff:e801:101', source: '::ffff:10.9.0.1', interface: 'lo' })
    expect(channel).toMatchObject({ group: '232.1.1.1', source: '10.9.0.1' })
    const on = { group: '::ffff:232.1.1.1', interface: 'lo' }
    await c.setSourceFilter(on, { mode: 'include', sources: ['::ffff:10.9.0.2'] })
    expect(await c.getSourceFilter(on)).toEqual({ mode: 'include', sources: ['10.9.0.2'] })
    expect(describeGroup('::ffff:239.1.1.1')).toEqual(describeGroup('239.1.1.1'))
  })

  it.each(['::ffff:127.0.0.1', '::ffff:7f00:1', '0:0:0:0:0:FFFF:127.0.0.1'])(
    'as destination %s is sent to with the hop limit, traffic class and source of IPv4',
    async (address) => {
      const receiver = await opened({ address: '127.0.0.1', ancillary: { hopLimit: true, trafficClass: true } })
      const sender = await sending({ family: 'ipv6' })
      const to = { address, port: receiver.address.port }
      await sender.send(Buffer.from('x'), to, { hopLimit: 7, trafficClass: 8, source: '::ffff:127.0.0.9' })
      const [datagram] = await readingOf(receiver).take(1)
      expect(datagram).toMatchObject({ hopLimit: 7, trafficClass: 8, source: { address: '127.0.0.9' } })
    },
  )
})

describeOnHosts('a sender by an interface', (hosts) => {
  it('has it for connect, with the address and the route of that interface', async () => {
    const { a, b } = hosts().pairs[1]
    for (const [group, sources, family] of [
      ['239.1.1.1', [a.ipv4[0]], 'ipv4'],
      ['ff05::2:1001', a.ipv6, 'ipv6'],
    ] as const) {
      const sender = await sending({ to: { address: group, port: 5000 }, interface: a.name, connect: true, hops: 4 })
      expect(sources).toContain(sender.address.address)
      expect(await sender.send(Buffer.from('x'))).toBe(1)
      const unicast = { address: family === 'ipv4' ? b.ipv4[0] : b.ipv6[0], port: 5000 }
      const other = await sending({ to: unicast, interface: a.name, connect: true })
      expect(sources).toContain(other.address.address)
    }
    const linkLocal = await sending({ to: { address: 'ff02::77', port: 5000 }, interface: a.name, connect: true })
    expect(linkLocal.address.address).toMatch(/^fe80:/)
  })

  it.each([0, 1] as const)('takes the zone of a wider address for the interface, on pair %d', async (pair) => {
    const { a } = hosts().pairs[pair]
    const receiver = await opened({
      channels: [{ group: 'ff05::2:1001', interface: a.name }],
      address: '::',
    })
    const to = { address: `ff05::2:1001%${a.name}`, port: receiver.address.port }
    const reading = readingOf(receiver)
    for (const options of [{ to }, { to, connect: true }, { family: 'ipv6' as const }]) {
      const sender = await sending(options)
      await sender.send(Buffer.from('x'), 'connect' in options ? undefined : to)
      const [datagram] = await reading.take(1)
      expect(a.ipv6).toContain(datagram?.source.address)
      expect(datagram?.interfaceIndex).toBe(a.index)
    }
  })

  it('is refused with a zone of another', async () => {
    const [{ a: a0 }, { a: a1 }] = hosts().pairs
    const to = { address: `ff05::2:1001%${a0.name}`, port: 5000 }
    const contradiction = { reason: 'bad-value', message: expect.stringContaining('name one of the two') }
    const { openSender } = await import('sockctl')
    await expect(openSender({ to, interface: a1.name })).rejects.toMatchObject(contradiction)
    const sender = await sending({ family: 'ipv6' })
    await expect(sender.send(Buffer.from('x'), to, { interface: a1.index })).rejects.toMatchObject(contradiction)
    await expect(sender.send([{ data: Buffer.from('x'), to, interface: a1.name }])).rejects.toMatchObject(contradiction)
  })

  it('broadcasts by it, from its address', async () => {
    const { SO_BROADCAST } = await import('sockctl/options')
    const { a, b } = hosts().pairs[1]
    const heard = hosts().spawn('B', {
      code: `
      import { openReceiver } from 'sockctl'
      import { tell } from '${new URL('support/stdio.mjs', import.meta.url)}'
      const receiver = await openReceiver({ port: 5055 })
      tell({ ready: true })
      for await (const [{ source, interfaceIndex }] of receiver) { tell({ source: source.address, interfaceIndex }); break }`,
    })
    await heard.next()
    for (const options of [{ interface: a.name }, { interface: a.ipv4[0] }, { interface: a.name, connect: true }]) {
      const to = { address: '255.255.255.255', port: 5055 }
      const sender = await sending({ to, options: [[SO_BROADCAST, true]], ...options })
      await sender.send(Buffer.from('x'))
    }
    expect(await heard.next()).toEqual({ source: a.ipv4[0], interfaceIndex: b.index })
  })

  it('named by address sends on after the address is gone, from the one that is left', async () => {
    const { a } = hosts().pairs[0]
    await hosts().ip('A', 'address', 'add', '10.77.0.99/24', 'dev', a.name)
    const sender = await sending({ to: { address: '239.1.1.1', port: 5000 }, interface: '10.77.0.99' })
    expect(await sender.send(Buffer.from('x'))).toBe(1)
    await hosts().ip('A', 'address', 'delete', '10.77.0.99/24', 'dev', a.name)
    expect(await sender.send(Buffer.from('x'))).toBe(1)
  })
})

describeInNamespace('a sender by lo', () => {
  it.each([{}, { connect: true }])('sends groups from its address, %o', async (options) => {
    await addPair()
    await ip('address', 'add', '192.0.2.10/24', 'dev', 'e0')
    const receiver = await opened({ channels: [{ group: '239.1.1.1', interface: 'lo' }] })
    const to = { address: '239.1.1.1', port: receiver.address.port }
    for (const name of ['lo', 1, '127.0.0.1']) {
      const sender = await sending({ to, interface: name, ...options })
      await sender.send(Buffer.from('x'))
    }
    const sources = (await readingOf(receiver).take(3)).map(({ source }) => source.address)
    expect(sources).toEqual(['127.0.0.1', '127.0.0.1', '127.0.0.1'])
  })
})

describe('openSocket', () => {
  it('refuses a zone that the kernel would ignore', async () => {
    const { openSocket } = await import('sockctl')
    for (const spec of [
      { family: 'ipv6', type: 'dgram', connect: { address: 'ff05::1%lo', port: 9 } },
      { family: 'ipv6', type: 'dgram', bind: { address: '::1%lo' } },
    ] as const)
      await expect(openSocket(spec)).rejects.toMatchObject({
        reason: 'bad-value',
        message: expect.stringMatching(/zone/),
      })
  })

  it('takes the address of a dgram socket, and refuses one that contradicts itself or has more', async () => {
    const { openSocket } = await import('sockctl')
    const peer = createSocket('udp4').bind(0, '127.0.0.1')
    await once(peer, 'listening')
    onTestFinished(() => void peer.close())
    const socket = await openSocket({ family: 'ipv4', type: 'dgram', connect: { ...peer.address() } })
    expect(socket.remoteAddress()).toEqual({ address: '127.0.0.1', port: peer.address().port })
    await socket.close()
    for (const wrong of [{ family: 'IPv6' }, { host: 'x' }, { size: 'big' }])
      await expect(
        openSocket({ family: 'ipv4', type: 'dgram', connect: { ...peer.address(), ...wrong } as never }),
      ).rejects.toMatchObject({ reason: 'bad-value' })
  })
})
