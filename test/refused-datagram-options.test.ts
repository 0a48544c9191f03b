import { openReceiver, openSender, SocketOptionError } from 'sockctl'
import { SO_RCVBUF, SO_TYPE } from 'sockctl/options'
import { expect, it } from 'vitest'
import { show } from '../lib/base/errors.ts'
import { openSockets } from './support/descriptors.ts'
import { describeInNamespace } from './support/namespace.ts'
import { sending } from './support/receiving.ts'
import { oddities } from './support/wrong-values.ts'

const channel = { group: '239.4.4.4', interface: 'lo' }
const to = { address: '127.0.0.1', port: 9 }
const to6 = { address: '::1', port: 9 }
const fine = Buffer.from('x')
const isTyped = (error: unknown) => error instanceof SocketOptionError || error instanceof TypeError

/** Wrong values for each field. */
const RECEIVER: Record<string, readonly unknown[]> = {
  port: [-1, 65536, 1.5, '5000', null, {}],
  address: ['', 'localhost', '300.1.1.1', 5, null],
  family: ['ipv5', 4, null],
  channels: [channel, 'text', 5, [5], [{}], [{ group: '10.0.0.1' }], [{ ...channel, source: '239.1.1.1' }]],
  options: [SO_RCVBUF, [SO_RCVBUF], [[SO_RCVBUF]], [[SO_RCVBUF, '1000']], [[SO_TYPE, 1]], [['SO_RCVBUF', 1]], 5],
  batch: [0, 1025, 1.5, '64', null],
  maxDatagram: [0, 65536, Number.NaN, '1500'],
  ancillary: [true, null, { hopLimit: 1 }, { timestamp: 'software' }, { hoplimit: true }],
  gro: [1, 'yes', null],
  returnedErrors: [1, 'yes'],
  reuse: [0, 'no'],
  type: ['stream', 3, null],
  protocol: [-1, 256, 'IPPROTO_IGMP'],
  signal: [{}, true, { aborted: true }],
}

const SENDER: Record<string, readonly unknown[]> = {
  to: [
    '127.0.0.1',
    5,
    null,
    {},
    { port: 9 },
    { address: 'localhost', port: 9 },
    { ...to, port: 0 },
    { ...to, port: '9' },
  ],
  family: ['ipv5', 6],
  bind: [5000, null, { address: 'localhost' }, { address: '239.1.1.1' }, { port: -1 }, { port: '5' }, { host: 'x' }],
  interface: ['nowhere0', -1, 1.5, 99_999, {}, '192.0.2.77'],
  hops: [-1, 256, 1.5, '1'],
  loopback: [1, 'yes'],
  trafficClass: [-1, 256, '0'],
  connect: [1, 'yes', true],
  segmentation: [1, 'no'],
  returnedErrors: [1],
  transmitTimestamps: [1, 'software'],
  transmitTime: [true, 'realtime', 11],
  options: [[[SO_RCVBUF, '1000']], 'text', [5]],
  signal: [{}, true],
}

const cases = (table: Record<string, readonly unknown[]>) =>
  Object.entries(table).flatMap(([field, values]) => values.map((value) => ({ field, value })))

async function refusal(act: () => Promise<unknown>): Promise<Error> {
  const before = openSockets()
  const error = await act().then(
    () => new Error('it was taken'),
    (error) => error,
  )
  expect(openSockets()).toEqual(before)
  return error
}

describeInNamespace('what a receiver or a sender does not take', () => {
  it.each(cases(RECEIVER))('openReceiver: $field $value', async ({ field, value }) => {
    const error = await refusal(() => openReceiver({ [field]: value } as never))
    expect(error).toSatisfy(isTyped)
    expect(error.message).toMatch(new RegExp(field === 'options' ? 'option|SO_' : `${field}|group|source|hopl`))
  })

  it.each([channel, 'text', null, 5])('openReceiver: a list is needed, not %o', async (value) => {
    for (const [field, words] of [
      ['channels', 'an array of { group, source?, interface? } is needed'],
      ['options', 'an array of [option, value] is needed'],
    ] as const)
      expect((await refusal(() => openReceiver({ [field]: value } as never))).message).toBe(
        `openReceiver: ${field} is ${show(value)}: ${words}`,
      )
  })

  it.each(cases(SENDER))('openSender: $field $value', async ({ field, value }) => {
    const error = await refusal(() => openSender({ [field]: value } as never))
    expect(error).toSatisfy(isTyped)
    expect(error.message).toMatch(new RegExp(field === 'options' ? 'option|SO_' : `${field}|bind|interface|address`))
  })

  it.each(['openReceiver', 'openSender'] as const)('%s: whatever else, in any argument', async (name) => {
    const open = { openReceiver, openSender }[name] as (given: unknown) => Promise<AsyncDisposable>
    const before = openSockets()
    const attempt = async (given: unknown) => {
      try {
        await using _ = await open(given)
      } catch (error) {
        expect(error).toSatisfy(isTyped)
      }
    }
    for (const oddity of oddities) {
      await attempt(oddity)
      for (const field of Object.keys(name === 'openReceiver' ? RECEIVER : SENDER)) await attempt({ [field]: oddity })
    }
    expect(openSockets()).toEqual(before)
    const misspelt = await refusal(() => open({ adress: '127.0.0.1' }))
    expect(misspelt.message).toMatch(/unknown option 'adress'/)
  })

  it('send: whatever, in any argument', async () => {
    const sender = await sending({ to: { address: '127.0.0.1', port: 9 } })
    const fine = Buffer.from('x')
    const fields = ['hopLimit', 'trafficClass', 'transmitTime', 'timestampId', 'source', 'interface']
    for (const oddity of oddities as never[]) {
      const attempts = [
        () => sender.send(oddity),
        () => sender.send([fine, oddity]),
        () => sender.send(fine, oddity),
        () => sender.send(fine, { address: oddity, port: 9 }),
        () => sender.send(fine, { address: '127.0.0.1', port: oddity }),
        () => sender.send(fine, undefined, oddity),
        ...fields.map((field) => () => sender.send(fine, undefined, { [field]: oddity })),
        ...fields.map((field) => () => sender.send([{ data: fine, [field]: oddity }])),
        () => sender.send([{ data: fine, to: oddity }]),
        () => sender.send([{ data: oddity }]),
      ]
      for (const attempt of attempts)
        await attempt().then(
          (sent) => expect(sent).toBeGreaterThanOrEqual(0),
          (error) => expect(error).toSatisfy(isTyped),
        )
    }
  })

  it.each([
    ['a misspelt setting', [fine, to, { hoplimit: 3 }], /unknown option 'hoplimit'; there are hopLimit, /],
    ['a hop limit of 0', [fine, to, { hopLimit: 0 }], /1 to 255.*hops: 0/],
    ['a hop limit of 256', [fine, to, { hopLimit: 256 }], /hopLimit is 256/],
    ['a traffic class of -1', [[{ data: fine, trafficClass: -1 }], to], /trafficClass is -1/],
    ['an IPv6 destination of an IPv4 sender', [fine, { address: '::1', port: 9 }], /'::1'.*IPv4/],
    ['a source of the other family', [fine, to, { source: '::1' }], /source is '::1'.*IPv4/],
    ['an address for an interface', [fine, to, { interface: '127.0.0.1' }], /name or an index/],
    ['an interface there is not', [fine, to, { interface: 'nowhere0' }], /there are: lo/],
    ['a destination in a zone there is not', [fine, { address: 'fe80::1%nowhere0', port: 9 }], /there are: lo/, 'ipv6'],
    ['a source in a zone there is not', [fine, to6, { source: 'fe80::1%nowhere0' }], /there are: lo/, 'ipv6'],
    ['a time that is no BigInt', [fine, to, { transmitTime: 5 }], /transmitTime is 5.*BigInt/],
    ['a time without a clock', [fine, to, { transmitTime: 5n }], /needs a clock/],
    ['an id of more than 32 bits', [fine, to, { timestampId: 2 ** 32 }], /timestampId is 4294967296.*4294967295/],
    ['an id without timestamps', [fine, to, { timestampId: 5 }], /needs timestamps.*transmitTimestamps/],
    ['a name for a destination', [fine, { address: 'localhost', port: 9 }], /node:dns/],
    ['no destination', [fine], /no destination/],
    ['text', ['text', to], /data is 'text'/],
    ['an array with something else in it', [[fine, 5], to], /data\[1\] is 5/],
  ])('send: %s', async (_, args, words, family = 'ipv4') => {
    const sender = await sending({ family: family as 'ipv4' | 'ipv6' })
    const error = await refusal(() => sender.send(...(args as [never])))
    expect(error).toBeInstanceOf(SocketOptionError)
    expect(error.message).toMatch(words)
    expect(sender.stats().datagrams).toBe(0)
  })

  it('send: what the kernel does not take, with what to do', async () => {
    const sender = await sending({ family: 'ipv4' })
    await expect(sender.send(fine, { address: '127.255.255.255', port: 9 })).rejects.toMatchObject({
      code: 'EACCES',
      reason: 'permission',
      message: expect.stringContaining('SO_BROADCAST'),
    })
    await expect(sender.send(fine, to, { source: '192.0.2.1' })).rejects.toMatchObject({
      syscall: 'sendmmsg',
      message: expect.stringContaining('source'),
    })
    await expect(sender.send(fine, { address: '203.0.113.1', port: 9 })).rejects.toMatchObject({
      code: 'ENETUNREACH',
      reason: 'no-route',
      message: expect.stringContaining('datagram 0 to 203.0.113.1 port 9: there is no route'),
    })
    const six = await sending({ family: 'ipv6' })
    for (const [address, text = address] of [['2001:db8::1'], ['203.0.113.1', '::ffff:203.0.113.1']])
      await expect(six.send([{ data: fine, to: { address: address as string, port: 5004 } }])).rejects.toMatchObject({
        code: 'ENETUNREACH',
        message: expect.stringContaining(`datagram 0 to ${text} port 5004: `),
      })
  })

  it.each([
    ['families that differ', { family: 'ipv4', address: '::1' }, /IPv6/],
    ['an IPv6 group in an IPv4 receiver', { family: 'ipv4', channels: [{ group: 'ff15::1' }] }, /IPv6/],
    ['two families of groups in one IPv4 receiver', { address: '0.0.0.0', channels: [{ group: 'ff15::1' }] }, /IPv/],
  ] as const)('openReceiver: %s', async (_, options, words) => {
    const error = await refusal(() => openReceiver(options as never))
    expect(error).toMatchObject({ reason: 'bad-value', message: expect.stringMatching(words) })
  })
})
