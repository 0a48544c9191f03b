import dgram from 'node:dgram'
import { once } from 'node:events'
import net from 'node:net'
import { inspect } from 'node:util'
import {
  adoptSocket,
  codecs,
  connectSocket,
  control,
  defineOption,
  describeGroup,
  descriptorOfProcess,
  type Option,
  openSocket,
  type SocketControl,
  SocketOptionError,
  type SourceFilter,
  socketPair,
  watchInterfaces,
} from 'sockctl'
import * as options from 'sockctl/options'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeInNamespace } from './support/namespace.ts'
import { kernelGroups } from './support/net-stat.ts'
import { trials } from './support/option-values.ts'
import { fc } from './support/property.ts'
import { openKind } from './support/sockets.ts'
import { anything, oddities } from './support/wrong-values.ts'

// biome-ignore lint/suspicious/noExplicitAny: whichever option of the table
type AnyOption = Option<any, any, any>
const table = Object.values(options) as AnyOption[]
const settable = new Set(table.filter(({ writable }) => writable).map(({ name }) => name))

/** The error a call throws or rejects with; undefined if it accepts its arguments. */
async function refusalOf(call: () => unknown): Promise<unknown> {
  try {
    await call()
    return undefined
  } catch (error) {
    return error
  }
}

interface Argument {
  readonly what: string
  /** Makes the call with this value as the argument; all other arguments are right. */
  readonly call: (c: SocketControl, value: never) => unknown
  /** How the message names the argument. */
  readonly named: RegExp
  /** True for a right value, which the fuzzer leaves out. */
  readonly right: (value: unknown) => boolean
}

const GROUP = '239.1.2.3'
const on = { group: GROUP, interface: 'lo' }
const filter: SourceFilter = { mode: 'exclude', sources: [] }

const isGroup = (value: unknown) => ['239.1.2.3', '::ffff:239.1.2.3', 'ff15::1'].includes(value as string)
const isInterface = (value: unknown) =>
  value === undefined ||
  value === 0 ||
  ['127.0.0.1', '::1', '0.0.0.0', '::', '::ffff:127.0.0.1'].includes(value as string)
const never = () => false
const whole = (least: number, most: number) => (value: unknown) =>
  Number.isInteger(value) && (value as number) >= least && (value as number) <= most

const args: readonly Argument[] = [
  { what: 'join: channel', call: (c, value) => c.join(value), named: /\bgroup\b/, right: never },
  { what: 'join: group', call: (c, group) => c.join({ group, interface: 'lo' }), named: /\bgroup\b/, right: isGroup },
  {
    what: 'join: interface',
    call: (c, value) => c.join({ group: GROUP, interface: value }),
    named: /\binterface\b/,
    right: isInterface,
  },
  {
    what: 'join: source',
    call: (c, source) => c.join({ ...on, source }),
    named: /\bsource\b/,
    right: (value) => value === undefined || value === '127.0.0.1',
  },
  {
    what: 'joinAll: channels',
    call: (c, value) => c.joinAll(value),
    named: /\bchannels\b|\bgroup\b/,
    right: (value) =>
      (Array.isArray(value) && value.length === 0) ||
      (value instanceof Map && value.size === 0) ||
      (value instanceof Set && value.size === 0) ||
      (ArrayBuffer.isView(value) && value.byteLength === 0) ||
      value === '',
  },
  { what: 'joinAll: a channel', call: (c, value) => c.joinAll([on, value]), named: /\bgroup\b/, right: never },
  { what: 'getSourceFilter: on', call: (c, value) => c.getSourceFilter(value), named: /\bgroup\b/, right: never },
  {
    what: 'getSourceFilter: group',
    call: (c, group) => c.getSourceFilter({ group, interface: 'lo' }),
    named: /\bgroup\b/,
    right: isGroup,
  },
  {
    what: 'setSourceFilter: on',
    call: (c, value) => c.setSourceFilter(value, filter),
    named: /\bgroup\b/,
    right: never,
  },
  {
    what: 'setSourceFilter: interface',
    call: (c, value) => c.setSourceFilter({ group: GROUP, interface: value }, filter),
    named: /\binterface\b/,
    right: isInterface,
  },
  {
    what: 'setSourceFilter: filter',
    call: (c, value) => c.setSourceFilter(on, value),
    named: /\bfilter\b|\bmode\b/,
    right: never,
  },
  {
    what: 'setSourceFilter: mode',
    call: (c, mode) => c.setSourceFilter(on, { mode, sources: [] }),
    named: /\bmode\b/,
    right: never,
  },
  {
    what: 'setSourceFilter: sources',
    call: (c, sources) => c.setSourceFilter(on, { mode: 'exclude', sources }),
    named: /\bsources?\b/,
    right: (value) => Array.isArray(value) && value.length === 0,
  },
  {
    what: 'setSourceFilter: a source',
    call: (c, value) => c.setSourceFilter(on, { mode: 'exclude', sources: ['10.0.0.1', value] }),
    named: /\bsource\b/,
    right: (value) => value === '127.0.0.1',
  },
  {
    what: 'setMulticastInterface',
    call: (c, value) => c.setMulticastInterface(value),
    named: /\binterface\b/,
    right: (value) => value !== undefined && isInterface(value),
  },
  {
    what: 'setMulticastHops',
    call: (c, value) => c.setMulticastHops(value),
    named: /\bhop limit\b/,
    right: whole(0, 255),
  },
  {
    what: 'setMulticastLoopback',
    call: (c, value) => c.setMulticastLoopback(value),
    named: /MULTICAST_LOOP\b/,
    right: (value) => typeof value === 'boolean',
  },
  { what: 'get: option', call: (c, value) => c.get(value), named: /\boption\b/, right: never },
  { what: 'set: option', call: (c, value) => c.set(value, 1), named: /\boption\b/, right: never },
  { what: 'getSync: option', call: (c, value) => c.getSync(value), named: /\boption\b/, right: never },
  { what: 'setSync: option', call: (c, value) => c.setSync(value, 1), named: /\boption\b/, right: never },
  {
    what: 'get: question',
    call: (c, value) => c.get(options.MCAST_MSFILTER, value),
    named: /MCAST_MSFILTER.*group/,
    right: never,
  },
  {
    what: 'getSync: question',
    call: (c, value) => c.getSync(options.IP_MSFILTER, value),
    named: /IP_MSFILTER.*group/,
    right: never,
  },
]

const helpful = (named: RegExp) => (error: unknown) =>
  (error instanceof SocketOptionError || error instanceof TypeError) &&
  named.test(error.message) &&
  error.message.length < 600

describeInNamespace('an argument of a control', () => {
  let socket: dgram.Socket
  let c: SocketControl
  beforeAll(async () => {
    socket = dgram.createSocket('udp4').bind(0, '127.0.0.1')
    await once(socket, 'listening')
    c = control(socket)
  })
  afterAll(() => new Promise<void>((resolve) => socket.close(resolve)))

  const state = async () => ({ ...(await settingsOf(c)), groups: kernelGroups(), memberships: c.memberships })

  it.each(args)(
    '$what: what is no such thing is refused by name, and changes nothing',
    async ({ call, named, right }) => {
      const before = await state()
      const use = async (value: unknown) => {
        if (right(value)) return
        const error = await refusalOf(() => call(c, value as never))
        expect(error).toSatisfy(helpful(named))
      }
      for (const value of oddities) await use(value)
      await fc.assert(fc.asyncProperty(anything, use), { numRuns: 150 })
      expect(await state()).toEqual(before)
    },
  )

  it('of a membership: a source that is none is refused by name, and changes nothing', async () => {
    const membership = await c.join(on)
    await membership.block('127.0.0.9')
    const before = await state()
    const use = async (value: unknown) => {
      if (value === '127.0.0.1') return
      expect(await refusalOf(() => membership.block(value as never))).toSatisfy(helpful(/\bsource\b/))
      expect(await refusalOf(() => membership.unblock(value as never))).toSatisfy(helpful(/\bsource\b/))
    }
    for (const value of oddities) await use(value)
    await fc.assert(fc.asyncProperty(anything, use), { numRuns: 150 })
    expect(await state()).toEqual(before)
    expect(await c.getSourceFilter(on)).toEqual({ mode: 'exclude', sources: ['127.0.0.9'] })
    await membership.leave()
  })

  it('a name with NUL in it is no interface', async () => {
    await expect(c.join({ group: GROUP, interface: 'lo\0x' })).rejects.toMatchObject({ reason: 'no-interface' })
    await expect(c.setMulticastInterface('lo\0')).rejects.toMatchObject({ reason: 'no-interface' })
    await expect(c.set(options.MCAST_JOIN_GROUP, { group: GROUP, interface: 'lo\0x' })).rejects.toMatchObject({
      reason: 'no-interface',
    })
  })
})

/** Settings that change of their own accord: a clock, and the processor a packet came in on. */
const MOVING = ['SO_INCOMING_CPU', 'TCP_TIMESTAMP']

/** The value of every option of a socket that can be set. */
async function settingsOf(c: SocketControl): Promise<Record<string, unknown>> {
  const entries = Object.entries(await c.snapshot())
  return Object.fromEntries(entries.filter(([name]) => settable.has(name) && !MOVING.includes(name)))
}

describeInNamespace('the value of an option', () => {
  const optionsByName = table
    .filter(({ systems }) => systems.includes('linux'))
    .map((option) => [option.name, option] as const)

  it.each(optionsByName)('%s: anything it does not take is refused with what it takes', async (name, option) => {
    const refused: unknown[] = []
    {
      await using opened = await openKind(trials[name]?.on ?? 'udp4')
      for (const value of [...oddities, ...fc.sample(anything, 20)]) {
        const error = await refusalOf(() => control(opened.socket).set(option, value))
        if (error === undefined) continue
        expect(error, inspect(value)).toBeInstanceOf(SocketOptionError)
        expect(error, inspect(value)).toMatchObject({ option: name, message: expect.stringContaining(name) })
        const { code, message } = error as SocketOptionError
        if (code !== 'ERR_INVALID_VALUE') continue
        expect(message).toContain(option.writable ? option.expects : 'can only be read')
        refused.push(value)
      }
    }
    await using opened = await openKind(trials[name]?.on ?? 'udp4')
    const c = control(opened.socket)
    const before = await settingsOf(c)
    for (const value of refused) await refusalOf(() => c.set(option, value))
    expect(await settingsOf(c)).toEqual(before)
    expect(refused.length).toBeGreaterThan(0)
  })
})

describeInNamespace('connectSocket', () => {
  const lookup: net.LookupFunction = (_, __, answer) => answer(Object.assign(new Error(), { code: 'ENOTFOUND' }), '')
  const isLocalAddress = (value: unknown) => value === undefined || (typeof value === 'string' && net.isIP(value) > 0)
  const fields: [field: string, right: (value: unknown) => boolean][] = [
    ['host', (value) => value !== undefined && isLocalAddress(value)],
    ['port', whole(1, 65535)],
    ['options', (value) => value === undefined || (Array.isArray(value) && value.length === 0)],
    ['lookup', (value) => value === undefined || typeof value === 'function'],
    ['localAddress', isLocalAddress],
    ['autoSelectFamily', (value) => value === undefined || typeof value === 'boolean'],
    ['autoSelectFamilyAttemptTimeout', (value) => value === undefined || whole(10, 2 ** 31 - 1)(value)],
    ['signal', (value) => value === undefined],
  ]

  it.each(fields)('refuses a wrong %s by name', async (field, right) => {
    const use = async (value: unknown) => {
      if (right(value)) return
      const given = { host: 'somewhere', port: 9, lookup, [field]: value }
      expect(await refusalOf(() => connectSocket(given as never))).toSatisfy(
        helpful(new RegExp(`\\b${field}\\b|lookup of`)),
      )
    }
    for (const value of oddities) await use(value)
    await fc.assert(fc.asyncProperty(anything, use), { numRuns: 150 })
  })

  it('takes { host, port, ... }, and says so', async () => {
    for (const value of oddities)
      expect(await refusalOf(() => connectSocket(value as never))).toSatisfy(helpful(/connectSocket/))
  })
})

describeInNamespace('a Unix socket', () => {
  const isEmpty = (value: unknown) => value === undefined || (Array.isArray(value) && value.length === 0)
  const isOptional = (value: unknown) => value === undefined
  const fields: [what: string, named: RegExp, right: (value: unknown) => boolean][] = [
    ['descriptors', /descriptors(\[\d+\])? is /, isEmpty],
    ['credentials', /credentials/, isOptional],
    ['ancillary', /ancillary(\[\d+\](\.\w+)?)?( is |: unknown option)/, isEmpty],
  ]

  it.each(fields)('refuses wrong %s of a message by name, and sends nothing', async (field, named, right) => {
    const [one, two] = await socketPair()
    const socket = one.toMessageSocket()
    const use = async (value: unknown) => {
      if (right(value)) return
      const error = await refusalOf(() => socket.send(Buffer.from('x'), undefined, { [field]: value } as never))
      expect(error).toSatisfy(helpful(named))
    }
    for (const value of oddities) await use(value)
    await fc.assert(fc.asyncProperty(anything, use), { numRuns: 150 })
    expect(socket.stats().sent.datagrams).toBe(0)
    await socket.close()
    await two.close()
  })

  it('refuses a descriptor that is none by its place', async () => {
    const [one, two] = await socketPair()
    const socket = one.toMessageSocket()
    const use = async (value: unknown) => {
      if (whole(0, 2 ** 31 - 1)(value)) return
      const error = await refusalOf(() => socket.send(Buffer.from('x'), undefined, { descriptors: [value] } as never))
      expect(error).toSatisfy(helpful(/descriptors\[0\] is /))
    }
    for (const value of oddities) await use(value)
    for (const fd of oddities) if (!whole(0, 2 ** 31 - 1)(fd)) await use({ fd })
    await fc.assert(fc.asyncProperty(anything, use), { numRuns: 150 })
    await socket.close()
    await two.close()
  })

  it('takes the options of accept, and says so', async () => {
    await using server = await openSocket({ family: 'unix', type: 'seqpacket', bind: { path: '' }, listen: {} })
    for (const value of oddities) {
      // An object without fields has all defaults.
      if (value === undefined || (typeof value === 'object' && value !== null)) continue
      expect(await refusalOf(() => server.accept(value as never))).toSatisfy(helpful(/accept/))
    }
    for (const signal of oddities) {
      if (signal === undefined) continue
      expect(await refusalOf(() => server.accept({ signal } as never))).toSatisfy(helpful(/signal/))
    }
  })

  it('comes in pairs of a type, and says so', async () => {
    const use = async (value: unknown) => {
      if (value === undefined || ['dgram', 'stream', 'seqpacket'].includes(value as string)) return
      expect(await refusalOf(() => socketPair(value as never))).toSatisfy(helpful(/socketPair: type is/))
    }
    for (const value of oddities) await use(value)
    await fc.assert(fc.asyncProperty(anything, use), { numRuns: 150 })
  })

  it.each(['gso', 'vlan', 'credentials', 'pidfd'] as const)('has %s told or not', async (field) => {
    for (const value of oddities) {
      if (value === undefined || typeof value === 'boolean') continue
      const [one, two] = await socketPair()
      const error = await refusalOf(() => one.toMessageSocket({ ancillary: { [field]: value } as never }))
      expect(error).toSatisfy(helpful(new RegExp(field)))
      await one.close()
      await two.close()
    }
  })
})

describe('what else is called', () => {
  const isDescriptor = whole(0, 2 ** 31 - 1)

  it('control takes a socket or a descriptor, and says so', () => {
    const use = (value: unknown) => {
      let error: unknown
      try {
        const c = control(value as never)
        if (isDescriptor(value)) return
        void c.fd
      } catch (thrown) {
        error = thrown
      }
      expect(error).toSatisfy(helpful(/descriptor/))
    }
    for (const value of oddities) use(value)
    for (const fd of oddities) if (!isDescriptor(fd)) use({ fd })
    for (const _handle of oddities) use({ _handle })
    fc.assert(fc.property(anything, use), { numRuns: 300 })
  })

  it('descriptorOfProcess takes the numbers of a process and a descriptor, and says so', () => {
    const use = (value: unknown) => {
      if (isDescriptor(value)) return
      expect(() => descriptorOfProcess(value as never, 0)).toThrow(
        expect.toSatisfy(helpful(/descriptorOfProcess: pid/)),
      )
      expect(() => descriptorOfProcess(1, value as never)).toThrow(expect.toSatisfy(helpful(/descriptorOfProcess: fd/)))
    }
    for (const value of oddities) use(value)
    fc.assert(fc.property(anything, use), { numRuns: 300 })
  })

  it('an option refuses the key __proto__ as any other that it does not know', async () => {
    await using socket = await openSocket({ family: 'ipv4', type: 'stream' })
    const value = JSON.parse('{"onoff": true, "linger": 5, "__proto__": {}}')
    expect(() => socket.control.setSync(options.SO_LINGER, value)).toThrow(/__proto__/)
  })

  it('adoptSocket takes a descriptor, and says so', () => {
    const use = (value: unknown) => {
      if (isDescriptor(value)) return
      expect(() => adoptSocket(value as never)).toThrow(expect.toSatisfy(helpful(/adoptSocket: the descriptor/)))
    }
    for (const value of oddities) use(value)
    fc.assert(fc.property(anything, use), { numRuns: 300 })
  })

  it('describeGroup takes a group, and says so', () => {
    const use = (value: unknown) => {
      if (isGroup(value) || (typeof value === 'string' && /^ff15::1%/.test(value))) return
      expect(() => describeGroup(value as never)).toThrow(expect.toSatisfy(helpful(/\bgroup\b/)))
    }
    for (const value of oddities) use(value)
    fc.assert(fc.property(anything, use), { numRuns: 300 })
  })

  it('watchInterfaces takes a signal, and says so', () => {
    const use = (signal: unknown) => {
      if (signal === undefined || signal instanceof AbortSignal) return
      expect(() => watchInterfaces({ signal } as never)).toThrow(expect.toSatisfy(helpful(/watchInterfaces: signal/)))
    }
    for (const value of oddities) use(value)
    fc.assert(fc.property(anything, use), { numRuns: 300 })
  })

  const definition = { name: 'MINE', level: 'SOL_SOCKET', option: 1, codec: codecs.int() } as const
  const isText = (value: unknown) => typeof value === 'string' && value !== ''
  const definitions: [string, (value: unknown) => boolean][] = [
    ['name', isText],
    ['level', whole(-(2 ** 31), 2 ** 31 - 1)],
    ['option', whole(-(2 ** 31), 2 ** 31 - 1)],
    ['codec', never],
    ['access', (value) => value === undefined],
    ['waits', (value) => value === undefined || typeof value === 'boolean'],
  ]

  it.each(definitions)('defineOption: %s of another kind is refused by name', (field, right) => {
    const use = (value: unknown) => {
      if (right(value)) return
      const define = () => defineOption({ ...definition, [field]: value } as never)
      expect(define).toThrow(expect.toSatisfy(helpful(new RegExp(`defineOption.*\\b${field}\\b`))))
    }
    for (const value of oddities) use(value)
    fc.assert(fc.property(anything, use), { numRuns: 300 })
  })

  it('defineOption takes a definition, and says so', () => {
    for (const value of oddities)
      expect(() => defineOption(value as never)).toThrow(expect.toSatisfy(helpful(/defineOption/)))
  })
})
