import { once } from 'node:events'
import net from 'node:net'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { connectSocket, control, SocketOptionError } from 'sockctl'
import {
  IP_BIND_ADDRESS_NO_PORT,
  IP_LOCAL_PORT_RANGE,
  IP_TOS,
  IPV6_TCLASS,
  SO_BINDTODEVICE,
  SO_MARK,
  TCP_MAXSEG,
  TCP_USER_TIMEOUT,
} from 'sockctl/options'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ip, nftMissing } from './support/commands.ts'
import { CLOSED, echo, ended, expectNothingOpen, failureOf, lookupOf } from './support/connections.ts'
import { openSockets } from './support/descriptors.ts'
import { describeOnHosts } from './support/hosts.ts'
import { describeInNamespace, describeUnless, namespaceMissing } from './support/namespace.ts'
import type { Peer } from './support/processes.ts'
import { silence } from './support/silence.ts'

/** Where the attempts of an error went, in their order. */
const attemptsOf = ({ message }: Error): string[] =>
  [...message.matchAll(/connect to (\S+) port/g)].map(([, to = '']) => to)

describeInNamespace('connectSocket', () => {
  it.each(['127.0.0.1', '::1'])('gives a net.Socket of a connection to %s with the options set', async (host) => {
    const { port } = await echo()
    const socket = await connectSocket({ host, port, options: [[TCP_USER_TIMEOUT, 1234]] })
    expect(socket).toBeInstanceOf(net.Socket)
    expect(socket).toMatchObject({ connecting: false, remoteAddress: host, remotePort: port })
    expect(control(socket).getSync(TCP_USER_TIMEOUT)).toBe(1234)
    socket.end('hello')
    expect(`${await once(socket, 'data')}`).toBe('hello')
    await once(socket, 'close')
  })

  it('leaves out the settings of the other family, and takes IPv4-mapped addresses as IPv4', async () => {
    const { port } = await echo()
    const options = [
      [IP_TOS, 0x28],
      [IPV6_TCLASS, 0x48],
    ] as const
    const over4 = await connectSocket({ host: '::ffff:127.0.0.1', port, options })
    const over6 = await connectSocket({ host: '::1', port, options })
    expect(over4.remoteAddress).toBe('127.0.0.1')
    expect(control(over4).getSync(IP_TOS)).toBe(0x28)
    expect(control(over6).getSync(IPV6_TCLASS)).toBe(0x48)
    // An IPv6 socket takes options of IPPROTO_IP too, so only the value tells that this one was left out.
    expect(control(over6).getSync(IP_TOS)).toBe(0)
    await ended(over4)
    await ended(over6)
  })

  it.each(['127.0.0.1', '::1'])('sets on both families what IPv6 has no option of its own for: to %s', async (host) => {
    const { port } = await echo()
    const options = [
      [IP_BIND_ADDRESS_NO_PORT, true],
      [IP_LOCAL_PORT_RANGE, { low: 41_000, high: 41_001 }],
    ] as const
    const socket = await connectSocket({ host, port, options, localAddress: host })
    expect([41_000, 41_001]).toContain(socket.localPort)
    await ended(socket)
  })

  it('asks the lookup as net.connect does, and takes either form of its answer', async () => {
    const { port } = await echo()
    const lookup = lookupOf('127.0.0.1')
    await ended(await connectSocket({ host: 'somewhere', port, lookup }))
    await ended(
      await new Promise<net.Socket>((resolve) => {
        const socket = net.connect({ host: 'somewhere', port, lookup }, () => resolve(socket))
      }),
    )
    const [ours, ofNode] = lookup.asked as [Record<string, unknown>, Record<string, unknown>]
    expect(ours).toEqual({ ...ofNode, family: 0 })

    const single: net.LookupFunction = (_, __, callback) => callback(null, '::1', 6)
    const socket = await connectSocket({ host: 'somewhere', port, lookup: single })
    expect(socket.remoteAddress).toBe('::1')
    await ended(socket)
    await ended(await connectSocket({ host: 'localhost', port }))
  })

  it('connects from localAddress, and asks for addresses of its family only', async () => {
    const { port, server } = await echo()
    const lookup = lookupOf('::1', '127.0.0.1')
    const accepted = once(server, 'connection') as Promise<[net.Socket]>
    const socket = await connectSocket({ host: 'somewhere', port, lookup, localAddress: '127.0.0.7' })
    expect(lookup.asked).toMatchObject([{ family: 4 }])
    expect((await accepted)[0].remoteAddress).toBe('::ffff:127.0.0.7')
    await ended(socket)
  })

  it('is of no further effect on the socket if the signal is aborted afterwards', async () => {
    const { port } = await echo()
    const ending = new AbortController()
    const socket = await connectSocket({ host: '127.0.0.1', port, signal: ending.signal })
    ending.abort()
    socket.end('still there')
    expect(`${await once(socket, 'data')}`).toBe('still there')
    await once(socket, 'close')
  })
})

describeInNamespace('the attempts of connectSocket', () => {
  beforeAll(() => ip('address', 'add', 'fd00::2/128', 'dev', 'lo', 'nodad'))
  afterAll(() => ip('address', 'delete', 'fd00::2/128', 'dev', 'lo'))

  it('take the families in turn, and an error names each', async () => {
    const lookup = lookupOf('::1', 'fd00::2', '::1', '127.0.0.1', '127.0.0.2', '127.0.0.3')
    const { error, after } = await failureOf(() => connectSocket({ host: 'somewhere', port: CLOSED, lookup }))
    expect(attemptsOf(error)).toEqual(['::1', '127.0.0.1', 'fd00::2', '127.0.0.2', '127.0.0.3'])
    expect(error).toBeInstanceOf(SocketOptionError)
    expect(error).toMatchObject({ code: 'ECONNREFUSED', reason: 'system', syscall: 'connect' })
    expect(error.message).toMatch(
      /^connect to somewhere:9: no attempt succeeded: connect to ::1 port 9: nobody listens/,
    )
    const { errors } = error.cause as AggregateError
    expect(errors.map(({ code }) => code)).toEqual(Array(5).fill('ECONNREFUSED'))
    // A refusal is not waited for.
    expect(after).toBeLessThan(1000)
  })

  it('are one if autoSelectFamily is false, and for an address', async () => {
    const lookup = lookupOf('127.0.0.1', '::1')
    const named = () => connectSocket({ host: 'somewhere', port: CLOSED, lookup, autoSelectFamily: false })
    const { error } = await failureOf(named)
    expect(attemptsOf(error)).toEqual(['127.0.0.1'])
    expect(lookup.asked).toMatchObject([{ all: false }])
    expect(error.cause).toMatchObject({ code: 'ECONNREFUSED' })
    await expect(connectSocket({ host: '127.0.0.1', port: CLOSED })).rejects.toMatchObject({
      message: expect.stringMatching(/^connect to 127\.0\.0\.1 port 9: nobody listens there/),
      code: 'ECONNREFUSED',
    })
  })

  it('go on after a refused local address, and end at once if an option is refused', async () => {
    const lookup = lookupOf('127.0.0.1', '127.0.0.2')
    const from = { host: 'somewhere', port: CLOSED, lookup, localAddress: '192.0.2.99' }
    const { error } = await failureOf(() => connectSocket(from))
    expect(error).toMatchObject({ code: 'EADDRNOTAVAIL', syscall: 'bind' })
    expect((error.cause as AggregateError).errors).toHaveLength(2)
    await expect(
      connectSocket({ host: 'somewhere', port: CLOSED, lookup, options: [[TCP_MAXSEG, 1]] }),
    ).rejects.toMatchObject({ option: 'TCP_MAXSEG', code: 'EINVAL' })
  })
})

describeUnless(namespaceMissing ?? nftMissing, 'attempts without an answer', () => {
  it('leave 250 ms to each before the next is begun, and are closed when that connects', async () => {
    const { port } = await echo()
    await using _ = await silence(['127.0.0.2', '127.0.0.3'])
    const before = openSockets()
    const began = performance.now()
    const lookup = lookupOf('127.0.0.2', '127.0.0.3', '127.0.0.1')
    const socket = await connectSocket({ host: 'somewhere', port, lookup })
    const took = performance.now() - began
    expect(socket.remoteAddress).toBe('127.0.0.1')
    expect(took).toBeGreaterThan(490)
    expect(took).toBeLessThan(1500)
    expect(openSockets().filter((one) => !before.includes(one))).toHaveLength(2)
    await ended(socket)
    await expectNothingOpen(before)
  })

  it('begin after autoSelectFamilyAttemptTimeout, and go on beside the next: the first to connect wins', async () => {
    const { port } = await echo()
    await using silent = await silence(['127.0.0.2', '127.0.0.3'])
    const before = openSockets()
    const lookup = lookupOf('127.0.0.2', '127.0.0.3')
    const connecting = connectSocket({ host: 'somewhere', port, lookup, autoSelectFamilyAttemptTimeout: 10 })
    await expect.poll(() => silent.dropped('127.0.0.3'), { interval: 10 }).toBeGreaterThan(0)
    // The kernel sends the SYN again after a second.
    await silent.end('127.0.0.2')
    const socket = await connecting
    expect(socket.remoteAddress).toBe('127.0.0.2')
    await ended(socket)
    await expectNothingOpen(before)
  })

  it('carry the mark, each of them', async () => {
    const { port } = await echo()
    await using silent = await silence(['127.0.0.2', '::1'], 'meta mark 7')
    const lookup = lookupOf('::1', '127.0.0.2', '127.0.0.1')
    const socket = await connectSocket({
      host: 'somewhere',
      port,
      lookup,
      options: [[SO_MARK, 7]],
      autoSelectFamilyAttemptTimeout: 20,
    })
    expect(socket.remoteAddress).toBe('127.0.0.1')
    expect(await silent.dropped('::1')).toBeGreaterThan(0)
    expect(await silent.dropped('127.0.0.2')).toBeGreaterThan(0)
    await ended(socket)
  })

  it('end when TCP_USER_TIMEOUT says so', async () => {
    await using _ = await silence(['127.0.0.2', '127.0.0.3'])
    const before = openSockets()
    const lookup = lookupOf('127.0.0.2', '127.0.0.3')
    const options = [[TCP_USER_TIMEOUT, 1500]] as const
    const { error, after } = await failureOf(() => connectSocket({ host: 'somewhere', port: CLOSED, lookup, options }))
    expect(error).toMatchObject({ code: 'ETIMEDOUT' })
    expect(attemptsOf(error)).toEqual(['127.0.0.2', '127.0.0.3'])
    // Without the option: more than two minutes.
    expect(after).toBeGreaterThan(1400)
    expect(after).toBeLessThan(6000)
    await expectNothingOpen(before)
  }, 20_000)

  it.each([
    ['while the first is under way', '127.0.0.2', 1000],
    ['while several are', '127.0.0.3', 10],
  ])('end if the signal is aborted %s', async (_, reached, delay) => {
    await using silent = await silence(['127.0.0.2', '127.0.0.3'])
    const before = openSockets()
    const ending = new AbortController()
    const connecting = connectSocket({
      host: 'somewhere',
      port: CLOSED,
      lookup: lookupOf('127.0.0.2', '127.0.0.3'),
      autoSelectFamilyAttemptTimeout: delay,
      signal: ending.signal,
    })
    connecting.catch(() => {})
    await expect.poll(() => silent.dropped(reached), { interval: 5 }).toBeGreaterThan(0)
    const reason = new Error('enough')
    ending.abort(reason)
    await expect(connecting).rejects.toBe(reason)
    expect(openSockets()).toEqual(before)
  })
})

describeOnHosts('the first SYN', (hosts) => {
  /** The SYNs that arrive on an interface of host B. */
  async function synsOn(name: string): Promise<Peer> {
    const script = fileURLToPath(new URL('support/syns.py', import.meta.url))
    const capture = hosts().spawnProgram('B', ['python3', '-EsB', script, name])
    await capture.next()
    return capture
  }

  it('has the traffic class already, over IPv4 and IPv6', async () => {
    const { b } = hosts().pairs[0]
    await using capture = await synsOn(b.name)
    const options = [
      [IP_TOS, 0x28],
      [IPV6_TCLASS, 0x48],
    ] as const
    for (const [host, trafficClass] of [
      [b.ipv4[0], 0x28],
      [b.ipv6[0], 0x48],
    ] as const) {
      await expect(connectSocket({ host, port: CLOSED, options })).rejects.toMatchObject({ code: 'ECONNREFUSED' })
      expect(await capture.next()).toEqual({ to: host, port: CLOSED, trafficClass })
    }
  })

  it('leaves by the device of SO_BINDTODEVICE, whatever the route', async () => {
    const [{ b }, { a: other, b: otherB }] = hosts().pairs
    await using capture = await synsOn(otherB.name)
    const ending = new AbortController()
    const connecting = connectSocket({
      host: b.ipv4[0],
      port: CLOSED,
      options: [[SO_BINDTODEVICE, other.name]],
      signal: ending.signal,
    })
    connecting.catch(() => {})
    expect(await capture.next()).toMatchObject({ to: b.ipv4[0], port: CLOSED })
    ending.abort()
    await connecting.catch(() => {})
  })
})
