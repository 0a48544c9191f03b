// What one datagram may have of its own. The cases of mark, don't-fragment, traffic class, hop limit and extension headers
// are those of Linux's selftests net/cmsg_so_mark.sh and net/cmsg_ipv6.sh, over UDP.
import { type Message, type MessageSocket, openSocket, type SendChoice } from 'sockctl'
import { IPV6_DONTFRAG, IPV6_TCLASS, IPV6_UNICAST_HOPS } from 'sockctl/options'
import { expect, it, onTestFinished } from 'vitest'
import { ip, run } from './support/commands.ts'
import { describeOnHosts, type TwoHosts } from './support/hosts.ts'
import type { Peer } from './support/processes.ts'

type Settings = Parameters<typeof openSocket>[0]['options']

async function socketOf(family: 'ipv4' | 'ipv6', options: Settings = []): Promise<MessageSocket> {
  const socket = (await openSocket({ family, type: 'dgram', options } as never)).toMessageSocket() as MessageSocket
  onTestFinished(() => socket.close())
  return socket
}

/** A socket on host B, which tells what it receives. */
async function listenerOn(hosts: TwoHosts): Promise<{ port: number; next: () => Promise<Record<string, unknown>> }> {
  const peer: Peer = hosts.spawn('B', {
    code: `
      import { openSocket, toJson } from 'sockctl'
      import { IPV6_FLOWINFO, IPV6_RECVDSTOPTS, IPV6_RECVHOPOPTS, IPV6_RECVRTHDR } from 'sockctl/options'
      import { serve } from '${new URL('support/stdio.mjs', import.meta.url)}'
      const options = [IPV6_FLOWINFO, IPV6_RECVDSTOPTS, IPV6_RECVHOPOPTS, IPV6_RECVRTHDR].map((option) => [option, true])
      const ancillary = { hopLimit: true, trafficClass: true }
      const socket = (await openSocket({ family: 'ipv6', type: 'dgram', bind: { port: 0 }, options })).toMessageSocket({ ancillary })
      const waiting = []
      serve({
        port: () => ({ port: socket.address.port }),
        next: async () => {
          if (waiting.length === 0) waiting.push(...(await socket.receive()))
          return JSON.parse(toJson({ ...waiting.shift() }))
        },
      })`,
  })
  onTestFinished(() => peer.close())
  const { port } = (await peer.request('port', {})) as { port: number }
  return { port, next: () => peer.request('next', {}) as Promise<Record<string, unknown>> }
}

const IPPROTO_IPV6 = 41
const IPV6_HOPOPTS = 54
const IPV6_RTHDR = 57
const IPV6_DSTOPTS = 59
/** Next header, length in units of 8 bytes, and PadN of four bytes. RFC 8200 4.2 */
const PADDING_HEADER = Buffer.from([0, 0, 1, 4, 0, 0, 0, 0])

describeOnHosts('a datagram', (hosts) => {
  it.each(['ipv4', 'ipv6'] as const)('with a mark over %s takes the route of the mark', async (family) => {
    const { b } = hosts().pairs[0]
    const six = family === 'ipv6' ? ['-6'] : []
    await ip(...six, 'rule', 'add', 'fwmark', '1000', 'lookup', '300')
    await ip(...six, 'route', 'add', 'prohibit', 'default', 'table', '300')
    onTestFinished(async () => {
      await ip(...six, 'rule', 'delete', 'fwmark', '1000')
      await ip(...six, 'route', 'flush', 'table', '300')
    })
    const { port, next } = await listenerOn(hosts())
    const socket = await socketOf(family)
    const to = { address: b[family][0], port }
    await expect(socket.send(Buffer.from('no'), to, { mark: 1000 })).rejects.toMatchObject({ code: 'EACCES' })
    const all = [{ data: Buffer.from('1') }, { data: Buffer.from('2'), mark: 1000 }, { data: Buffer.from('3') }]
    await expect(socket.send(all, to)).rejects.toThrow(/datagram 1 .*the kernel took the 1 before it/)
    await socket.send(Buffer.from('yes'), to, { mark: 1001 })
    expect([(await next()).data, (await next()).data]).toEqual([hex('1'), hex('yes')])
  })

  it.each([0, 1])(
    'over IPv6 longer than the MTU is fragmented or refused: %i, as it says, then as its socket says',
    async (df) => {
      const { b } = hosts().pairs[0]
      const { port, next } = await listenerOn(hosts())
      const to = { address: b.ipv6[0], port }
      for (const [set, choice] of [
        [[[IPV6_DONTFRAG, df === 1]], {}],
        [[], { dontFragment: df === 1 }],
        [[[IPV6_DONTFRAG, df === 1]], { dontFragment: df === 1 }],
        [[[IPV6_DONTFRAG, df === 0]], { dontFragment: df === 1 }],
      ] as [Settings, SendChoice][]) {
        const socket = await socketOf('ipv6', set)
        const sending = socket.send(Buffer.alloc(2000), to, choice)
        if (df === 1) await expect(sending).rejects.toMatchObject({ code: 'EMSGSIZE' })
        else {
          await sending
          expect((await next()).data).toHaveLength(4000)
        }
      }
    },
  )

  it('has its own traffic class and hop limit, whatever its socket has', async () => {
    const { b } = hosts().pairs[0]
    const { port, next } = await listenerOn(hosts())
    const to = { address: b.ipv6[0], port }
    for (const [set, choice, expected] of [
      [[[IPV6_TCLASS, 0x20]], {}, { trafficClass: 0x20, hopLimit: 64 }],
      [[], { trafficClass: 0x20, hopLimit: 4 }, { trafficClass: 0x20, hopLimit: 4 }],
      [
        [
          [IPV6_TCLASS, 0x20],
          [IPV6_UNICAST_HOPS, 4],
        ],
        { trafficClass: 0x20, hopLimit: 4 },
        { trafficClass: 0x20, hopLimit: 4 },
      ],
      [
        [
          [IPV6_TCLASS, 0x10],
          [IPV6_UNICAST_HOPS, 5],
        ],
        { trafficClass: 0x20, hopLimit: 4 },
        { trafficClass: 0x20, hopLimit: 4 },
      ],
    ] as [Settings, SendChoice, object][]) {
      const socket = await socketOf('ipv6', set)
      await socket.send(Buffer.from('x'), to, choice)
      expect(await next()).toMatchObject(expected)
    }
  })

  it('is refused by a route for its traffic class', async () => {
    const { b } = hosts().pairs[0]
    await ip('-6', 'rule', 'add', 'tos', '0x10', 'lookup', '301')
    await ip('-6', 'route', 'add', 'prohibit', 'default', 'table', '301')
    onTestFinished(async () => {
      await ip('-6', 'rule', 'delete', 'tos', '0x10')
      await ip('-6', 'route', 'flush', 'table', '301')
    })
    const { port } = await listenerOn(hosts())
    const to = { address: b.ipv6[0], port }
    for (const [set, choice] of [
      [[[IPV6_TCLASS, 0x10]], {}],
      [[], { trafficClass: 0x10 }],
      [[[IPV6_TCLASS, 0x20]], { trafficClass: 0x10 }],
    ] as [Settings, SendChoice][])
      await expect((await socketOf('ipv6', set)).send(Buffer.from('x'), to, choice)).rejects.toMatchObject({
        code: 'EACCES',
      })
  })

  it('carries a flow label', async () => {
    const { b } = hosts().pairs[0]
    const { port, next } = await listenerOn(hosts())
    const socket = await socketOf('ipv6')
    for (const flowLabel of [0x12345, 0xfffff, 1]) {
      await socket.send(Buffer.from('x'), { address: b.ipv6[0], port }, { flowLabel })
      const { ancillary } = (await next()) as { ancillary: { data: string }[] }
      expect(Number.parseInt(ancillary[0]?.data ?? '', 16) & 0xfffff).toBe(flowLabel)
    }
  })

  it('carries extension headers as they are given', async () => {
    const { b } = hosts().pairs[0]
    const { port, next } = await listenerOn(hosts())
    const socket = await socketOf('ipv6')
    for (const type of [IPV6_HOPOPTS, IPV6_DSTOPTS]) {
      const ancillary = [{ level: IPPROTO_IPV6, type, data: PADDING_HEADER }]
      await socket.send(Buffer.from('x'), { address: b.ipv6[0], port }, { ancillary })
      const told = (await next()) as { ancillary: { type: number; data: string }[] }
      expect(told.ancillary.find((message) => message.type === type)?.data.slice(4)).toBe('010400000000')
    }
    // A routing header of segments left 0, type 4 (RFC 8754), with one segment.
    const segment = Buffer.alloc(16)
    const routing = Buffer.concat([Buffer.from([0, 2, 4, 0, 0, 0, 0, 0]), segment])
    const sending = socket.send(
      Buffer.from('x'),
      { address: b.ipv6[0], port },
      {
        ancillary: [{ level: IPPROTO_IPV6, type: IPV6_RTHDR, data: routing }],
      },
    )
    // The kernel takes types 2 and 4 only, by its own checks: the error is the kernel's, and nothing is sent in part.
    await sending.catch(({ code }) => expect(code).toBe('EINVAL'))
  })

  it('is split into segments of the length it says', async () => {
    const { b } = hosts().pairs[0]
    const { port, next } = await listenerOn(hosts())
    const socket = await socketOf('ipv6')
    const to = { address: b.ipv6[0], port }
    expect(await socket.send(Buffer.from('abcdefg'), to, { segment: 3 })).toBe(1)
    expect([(await next()).data, (await next()).data, (await next()).data]).toEqual([hex('abc'), hex('def'), hex('g')])
    const messages: Message[] = [{ data: Buffer.from('12345'), segment: 4 }, { data: Buffer.from('67') }]
    expect(await socket.send(messages, to)).toBe(2)
    expect([(await next()).data, (await next()).data, (await next()).data]).toEqual([hex('1234'), hex('5'), hex('67')])
    await expect(socket.send(Buffer.alloc(1000), to, { segment: 1 })).rejects.toThrow(
      /splits a payload into at most 128/,
    )
  })

  it('has the priority that a firewall sees', async () => {
    const { b } = hosts().pairs[0]
    await run(
      'nft',
      ['-f', '-'],
      'table inet seen {\n chain out {\n type filter hook output priority 0;\n meta priority 0:5 counter\n }\n}\n',
    )
    onTestFinished(async () => void (await run('nft', ['delete', 'table', 'inet', 'seen'])))
    const { port } = await listenerOn(hosts())
    const socket = await socketOf('ipv4')
    await socket.send([{ data: Buffer.from('x'), priority: 5 }, { data: Buffer.from('x') }], {
      address: b.ipv4[0],
      port,
    })
    expect(await run('nft', ['list', 'table', 'inet', 'seen'])).toMatch(/counter packets 1 /)
  })

  it.each<[string, SendChoice, RegExp, family?: 'ipv6']>([
    ['a mark that is none', { mark: -1 }, /mark is -1: a whole number from 0 to 4294967295/],
    ['a mark of 33 bits', { mark: 2 ** 32 }, /mark is 4294967296/],
    ['a priority that is none', { priority: 1.5 }, /priority is 1.5/],
    ['dontFragment over IPv4', { dontFragment: true }, /IPv4, which has none: set IP_MTU_DISCOVER/],
    ['dontFragment that is no flag', { dontFragment: 1 as never }, /dontFragment is 1: true or false/],
    ['a flow label over IPv4', { flowLabel: 1 }, /IPv4, which has none/],
    ['a flow label of 21 bits', { flowLabel: 2 ** 20 }, /flowLabel is 1048576/, 'ipv6'],
    ['segments of nothing', { segment: 0 }, /segment is 0: a whole number from 1 to 65535/],
    ['control messages that are no list', { ancillary: {} as never }, /an array of \{ level, type, data \}/],
    ['a control message that is none', { ancillary: [1 as never] }, /ancillary\[0\] is 1/],
    [
      'a control message without bytes',
      { ancillary: [{ level: 0, type: 0 } as never] },
      /ancillary\[0\].data is undefined/,
    ],
    [
      'a control message of another shape',
      { ancillary: [{ level: 0, type: 0, data: Buffer.alloc(1), size: 1 } as never] },
      /unknown option 'size'/,
    ],
    [
      'a level that is none',
      { ancillary: [{ level: 2 ** 31, type: 0, data: Buffer.alloc(1) }] },
      /ancillary\[0\].level is 2147483648/,
    ],
    [
      'control messages of two megabytes',
      { ancillary: [{ level: 0, type: 0, data: Buffer.alloc(2 ** 21) }] },
      /too many/,
    ],
    [
      'control messages of a megabyte',
      { ancillary: [{ level: 0, type: 2, data: Buffer.alloc(2 ** 20) }] },
      /net.core.optmem_max/,
    ],
  ])('is refused with %s, and nothing is sent', async (_, choice, words, family) => {
    const socket = await socketOf(family ?? 'ipv4')
    const to = { address: family === 'ipv6' ? '::1' : '127.0.0.1', port: 9 }
    await expect(socket.send(Buffer.from('x'), to, choice)).rejects.toThrow(words)
    await expect(socket.send([{ data: Buffer.from('x'), ...choice }], to)).rejects.toThrow(words)
    expect(socket.stats().sent.datagrams).toBe(0)
  })
})

const hex = (text: string): string => Buffer.from(text).toString('hex')
