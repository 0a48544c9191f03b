import type net from 'node:net'
import { type ConnectSocketOptions, connectSocket, SocketOptionError } from 'sockctl'
import { IP_TOS } from 'sockctl/options'
import { expect, it } from 'vitest'
import { CLOSED, echo, ended, expectNothingOpen, failureOf, lookupOf } from './support/connections.ts'
import { openSockets } from './support/descriptors.ts'
import { describeInNamespace } from './support/namespace.ts'

/** Wrong values, as a program without types may write them. */
const connectTo = (options: unknown) => connectSocket(options as ConnectSocketOptions)

const REFUSED: readonly (readonly [what: string, options: unknown, message: RegExp])[] = [
  ['no host', { port: 80 }, /connectSocket: host is undefined: an IP address without brackets, or a name/],
  ['a host that is no text', { host: 80, port: 80 }, /host is 80/],
  ['an empty host', { host: '', port: 80 }, /host is ''/],
  ['a host in brackets', { host: '[::1]', port: 80 }, /host is '\[::1\]': an IP address without brackets/],
  ['a host with NUL in it', { host: 'localhost\0', port: 80 }, /host is/],
  ['a zone there is not', { host: 'fe80::1%nope', port: 80 }, /no interface 'nope'; there are: lo/],
  ['no port', { host: '::1' }, /connectSocket: port is undefined: a whole number from 1 to 65535/],
  ['a port that is text', { host: '::1', port: '80' }, /port is '80'/],
  ['port 0', { host: '::1', port: 0 }, /port is 0/],
  ['a port out of range', { host: '::1', port: 65536 }, /port is 65536/],
  [
    'a name for a local address',
    { host: '::1', port: 80, localAddress: 'lo' },
    /localAddress is 'lo': an IP address of/,
  ],
  ['a local address of another family', { host: '::1', port: 80, localAddress: '127.0.0.1' }, /both of one family/],
  ['options that are no list', { host: '::1', port: 80, options: {} }, /options is an object: an array of \[option/],
  ['an option by name', { host: '::1', port: 80, options: [['IP_TOS', 1]] }, /options\[0\] is not \[option, value\]/],
  ['a value the option does not take', { host: '127.0.0.1', port: 80, options: [[IP_TOS, 256]] }, /IP_TOS/],
  ['a lookup that is no function', { host: 'x', port: 80, lookup: {} }, /lookup is an object: a function like dns/],
  ['a choice that is none', { host: 'x', port: 80, autoSelectFamily: 1 }, /autoSelectFamily is 1: true or false/],
  ['a time too short', { host: 'x', port: 80, autoSelectFamilyAttemptTimeout: 9 }, /from 10 to 2147483647/],
  ['a signal that is none', { host: '::1', port: 80, signal: {} }, /signal is an object: an AbortSignal is needed/],
  [
    'a word it does not know',
    { host: '::1', port: 80, family: 6 },
    /connectSocket: unknown option 'family'; there are/,
  ],
]

type Answer = Parameters<net.LookupFunction>[2]

const WRONG_LOOKUPS: readonly (readonly [
  what: string,
  lookup: (answer: Answer) => unknown,
  message: RegExp,
  code: string,
])[] = [
  ['gives no address', (answer) => answer(null, []), /the lookup of 'somewhere' gave no address; check/, 'ENOTFOUND'],
  [
    'gives nothing',
    (answer) => answer(null, undefined as never),
    /gave undefined: IP addresses are/,
    'ERR_INVALID_VALUE',
  ],
  ['gives a name', (answer) => answer(null, 'localhost', 4), /gave 'localhost': IP addresses are/, 'ERR_INVALID_VALUE'],
  ['gives a list of texts', (answer) => answer(null, ['::1'] as never), /gave '::1': IP addr/, 'ERR_INVALID_VALUE'],
  ['gives a wrong family', (answer) => answer(null, '::1', 4), /'::1' with family 4: it is 6/, 'ERR_INVALID_VALUE'],
  ['gives another family', (answer) => answer(null, '::1', 6), /gave ::1: no IPv4 address; check/, 'ENOTFOUND'],
  [
    'gives an error',
    (answer) => answer(Object.assign(new Error(), { code: 'ESERVFAIL' }), ''),
    /ESERVFAIL/,
    'ESERVFAIL',
  ],
  ['gives an error that is text', (answer) => answer('why not' as never, ''), /failed: 'why not'/, 'ENOTFOUND'],
  [
    'throws',
    () => {
      throw new Error('out of order')
    },
    /failed: 'out of order'/,
    'ENOTFOUND',
  ],
  ['rejects', () => Promise.reject(new Error('out of order')), /failed: 'out of order'/, 'ENOTFOUND'],
]

describeInNamespace('what connectSocket refuses', () => {
  it.each(REFUSED)('%s', async (_, options, message) => {
    const before = openSockets()
    const { error } = await failureOf(() => connectTo(options))
    expect(error).toBeInstanceOf(SocketOptionError)
    expect(error.message).toMatch(message)
    expect(['bad-value', 'no-interface']).toContain(error.reason)
    expect(openSockets()).toEqual(before)
  })

  it.each([undefined, null, 'localhost', 80])('%s for options', async (options) => {
    await expect(connectTo(options)).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' })
  })

  it.each(WRONG_LOOKUPS)('a lookup that %s', async (_, answer, message, code) => {
    const before = openSockets()
    const lookup = (_: string, __: object, callback: Answer) => answer(callback)
    const { error } = await failureOf(() =>
      connectTo({ host: 'somewhere', port: CLOSED, lookup, localAddress: '127.0.0.1' }),
    )
    expect(error).toBeInstanceOf(SocketOptionError)
    expect(error).toMatchObject({ message: expect.stringMatching(message), code })
    expect(openSockets()).toEqual(before)
  })

  it('goes by the first answer of a lookup that answers twice', async () => {
    const { port } = await echo()
    const lookup: net.LookupFunction = (_, __, callback) => {
      callback(null, '127.0.0.1', 4)
      callback(new Error('no, wait'), '')
    }
    const socket = await connectSocket({ host: 'somewhere', port, lookup })
    await ended(socket)
  })

  const reason = new Error('enough')

  it('what was aborted before, with the reason of the signal', async () => {
    const before = openSockets()
    const lookup = lookupOf('127.0.0.1')
    const aborted = { host: 'somewhere', port: CLOSED, lookup, signal: AbortSignal.abort(reason) }
    await expect(connectSocket(aborted)).rejects.toBe(reason)
    expect(lookup.asked).toEqual([])
    expect(openSockets()).toEqual(before)
  })

  it('what is aborted during the lookup, and ignores its answer', async () => {
    const before = openSockets()
    const ending = new AbortController()
    let answer: (() => void) | undefined
    const lookup: net.LookupFunction = (_, __, callback) => {
      answer = () => callback(null, '127.0.0.1', 4)
      ending.abort(reason)
    }
    await expect(connectSocket({ host: 'x', port: CLOSED, lookup, signal: ending.signal })).rejects.toBe(reason)
    answer?.()
    expect(openSockets()).toEqual(before)
  })

  it('what is aborted at any moment of a connection that succeeds, or else connects', async () => {
    const { port } = await echo()
    const before = openSockets()
    const outcomes = new Set<string>()
    for (let ticks = 0; ticks < 200; ticks++) {
      const ending = new AbortController()
      const connecting = connectSocket({ host: 'x', port, lookup: lookupOf('127.0.0.1'), signal: ending.signal })
      const outcome = connecting.then(ended, (error) => expect(error).toBe(reason))
      for (let tick = 0; tick < ticks; tick++) await (ticks < 100 ? undefined : new Promise(setImmediate))
      ending.abort(reason)
      outcomes.add(
        await connecting.then(
          () => 'connected',
          () => 'aborted',
        ),
      )
      await outcome
    }
    expect(outcomes).toEqual(new Set(['aborted', 'connected']))
    await expectNothingOpen(before)
  })
})
