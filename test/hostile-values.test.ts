import dgram from 'node:dgram'
import { once } from 'node:events'
import { closeSync, readdirSync, readlinkSync } from 'node:fs'
import net from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { runInNewContext } from 'node:vm'
import {
  adoptSocket,
  codecs,
  connectorFor,
  connectSocket,
  control,
  defineOption,
  describeGroup,
  diffSnapshots,
  MessageSocket,
  openReceiver,
  openSender,
  openSocket,
  type SocketControl,
  socketPair,
  watchInterfaces,
} from 'sockctl'
import * as options from 'sockctl/options'
import { announceSap, listenSap } from 'sockctl/sap'
import { listenNtp, queryNtp } from 'sockctl/sntp'
import { expect, it } from 'vitest'
import { choices, describeError, HANG, isTyped, spoil, type Victim } from './support/hostile.ts'
import { describeInNamespace } from './support/namespace.ts'
import { trials } from './support/option-values.ts'
import { fc } from './support/property.ts'
import { openKind } from './support/sockets.ts'

// Any seed and any number of runs for the long form.
const SEED = Number(process.env.SOCKCTL_FUZZ_SEED ?? 1)
const RUNS = Number(process.env.SOCKCTL_FUZZ_RUNS ?? 60)
const PATIENCE = 5000

const { IP_MSFILTER, IP_TTL, MCAST_MSFILTER, SO_RCVBUF } = options
const optionNamed = new Map(Object.values(options).map((option) => [option.name as string, option]))

const GROUP = '239.192.50.1'
const on = () => ({ group: GROUP, interface: 'lo' })
const channel = (n = 1) => ({ group: `239.192.50.${n}`, source: '127.0.0.1', interface: 'lo' })
const settings = () => [
  [SO_RCVBUF, 65536],
  [IP_TTL, 3],
]

/** A call with right arguments, made anew for each run; what it gives is closed. */
interface Target {
  readonly args: unknown[]
  readonly call: (...args: never[]) => unknown
  /** What a hostile value may close in the middle of the call. */
  readonly victim?: Victim
  readonly close?: () => unknown
}

/** A call on the control of a dgram socket of its own. */
async function onControl(args: unknown[], act: (c: SocketControl, ...args: never[]) => unknown): Promise<Target> {
  const socket = dgram.createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const c = control(socket)
  const closed = once(socket, 'close')
  let open = true
  const close = () => {
    if (open) socket.close()
    open = false
    return closed
  }
  return { args, call: (...given) => act(c, ...given), victim: { close }, close }
}

/** Connects to a server of its own, and ends the connection. */
async function onServer(
  args: (port: number) => unknown[],
  call: (...args: never[]) => Promise<net.Socket>,
): Promise<Target> {
  const server = net.createServer((socket) => socket.on('error', () => {}).resume()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = async () => {
    server.close()
    await once(server, 'close')
  }
  const { port } = server.address() as net.AddressInfo
  return { args: args(port), call: async (...given) => endOf(await call(...given)), close }
}

async function onReceiver(args: unknown[], name: 'join' | 'joinAll' | 'keep'): Promise<Target> {
  const receiver = await openReceiver({ address: '127.0.0.1' })
  const close = () => receiver.close()
  return { args, call: (...given: [never]) => receiver[name](...given), victim: { close }, close }
}

async function onMessageSocket(args: unknown[], name: 'send' | 'reply' | 'connect' | 'receive'): Promise<Target> {
  const bind = { address: '127.0.0.1', port: 0 }
  const socket = (await openSocket({ family: 'ipv4', type: 'dgram', bind })).toMessageSocket()
  // What is received and what comes back ends each wait.
  await socket.send(Buffer.from('x'), socket.address)
  const close = () => socket.close()
  return { args, call: (...given: [never, never]) => socket[name](...given), victim: { close }, close }
}

/** A Unix socket that is connected to another one. */
async function onPair(args: (fd: number) => unknown[], name: 'send' | 'toMessageSocket'): Promise<Target> {
  const [one, two] = await socketPair()
  const close = async () => {
    await one.close()
    await two.close()
  }
  if (name === 'toMessageSocket') {
    const call = (...given: [never]) => endOf(one.toMessageSocket(...given) as never)
    return { args: args(one.fd), call, victim: { close: () => one.close() }, close }
  }
  const sent = args(two.fd)
  const socket = one.toMessageSocket()
  const closeAll = async () => {
    await socket.close()
    await two.close()
  }
  return { args: sent, call: (...given: [never]) => socket.send(...given), victim: socket, close: closeAll }
}

/** A server with a client that waits. */
async function onListener(args: unknown[]): Promise<Target> {
  const server = await openSocket({ family: 'unix', type: 'seqpacket', bind: { path: '' }, listen: {} })
  const client = await openSocket({ family: 'unix', type: 'seqpacket', connect: server.address() })
  const close = async () => {
    await client.close()
    await server.close()
  }
  return { args, call: (...given: [never]) => server.accept(...given), victim: server, close }
}

async function onSender(args: unknown[]): Promise<Target> {
  const sender = await openSender({ interface: 'lo' })
  const close = () => sender.close()
  return { args, call: (...given: [never]) => sender.send(...given), victim: { close }, close }
}

/** A socket that becomes one of Node's, with these options. */
async function handedOver(
  args: unknown[],
  name: 'toDatagram' | 'toMessageSocket' | 'toStream' | 'toServer',
): Promise<Target> {
  const server = net.createServer((socket) => socket.on('error', () => {}).resume()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  const owned = await openSocket(
    name === 'toDatagram' || name === 'toMessageSocket'
      ? { family: 'ipv4', type: 'dgram', bind: { address: '127.0.0.1', port: 0 } }
      : name === 'toStream'
        ? { family: 'ipv4', type: 'stream', connect: { address: '127.0.0.1', port } }
        : { family: 'ipv4', type: 'stream', bind: { address: '127.0.0.1', port: 0 } },
  )
  const close = async () => {
    await owned.close()
    server.close()
    await once(server, 'close')
  }
  return {
    args,
    call: (...given: [never]) => endOf(owned[name](...given)),
    victim: { close: () => owned.close() },
    close,
  }
}

/** A descriptor that nobody owns. Small numbers are not tried: they may be descriptors of the test's own process. */
async function onDescriptor(): Promise<Target> {
  const owned = await openSocket({ family: 'ipv4', type: 'dgram' })
  const fd = owned.release()
  let adopted: Victim | undefined
  const call = (given: unknown) => {
    if (given === fd || !(typeof given === 'number' && given >= 0 && given < 1000))
      adopted = adoptSocket(given as number)
  }
  const close = () => (adopted === undefined ? closeSync(fd) : adopted.close?.())
  return { args: [fd], call, close }
}

/** Closes a socket of Node's and waits for the end of it. */
async function endOf(socket: dgram.Socket | net.Socket | net.Server | MessageSocket): Promise<void> {
  if (socket instanceof MessageSocket) return socket.close()
  socket.on('error', () => {})
  const closed = once(socket, 'close')
  if (socket instanceof net.Socket) socket.destroy()
  else socket.close()
  await closed
}

const free = (args: unknown[], call: (...args: never[]) => unknown): Target => ({ args, call })

const definition = () => ({
  name: 'MINE',
  level: 'SOL_SOCKET',
  option: 8,
  codec: codecs.int(),
  access: 'read-write',
  waits: false,
})
const SDP = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 239.192.50.9/1\r\nt=0 0\r\nm=audio 5004 RTP/AVP 0\r\n'

const targets: Record<string, () => Target | Promise<Target>> = {
  join: () => onControl([channel()], (c, one) => c.join(one)),
  joinAll: () => onControl([[channel(1), channel(2), on()]], (c, many) => c.joinAll(many)),
  getSourceFilter: () => onControl([on()], (c, one) => c.getSourceFilter(one)),
  setSourceFilter: () =>
    onControl([on(), { mode: 'exclude', sources: ['127.0.0.2', '127.0.0.3'] }], async (c, ...given: [never, never]) => {
      await c.join(on())
      await c.setSourceFilter(...given)
    }),
  block: () =>
    onControl(['127.0.0.2'], async (c, source) => {
      const membership = await c.join(on())
      await membership.block(source)
      await membership.unblock(source)
    }),
  'get with a question': () => onControl([IP_MSFILTER, on()], (c, ...given: [never, never]) => c.get(...given)),
  'getSync with a question': () =>
    onControl([MCAST_MSFILTER, on()], (c, ...given: [never, never]) => c.getSync(...given)),
  set: () => onControl([SO_RCVBUF, 65536], (c, ...given: [never, never]) => c.set(...given)),
  setMulticastInterface: () => onControl(['lo'], (c, value) => c.setMulticastInterface(value)),
  setMulticastHops: () => onControl([3], (c, value) => c.setMulticastHops(value)),
  setMulticastLoopback: () => onControl([true], (c, value) => c.setMulticastLoopback(value)),
  openReceiver: () =>
    free(
      [
        {
          port: 0,
          channels: [channel(1), channel(2)],
          options: settings(),
          batch: 8,
          maxDatagram: 1500,
          ancillary: { hopLimit: true, timestamp: true, originalDestination: true },
          returnedErrors: true,
          reuse: true,
          keep: { renewAfter: 5000, waitForInterface: true },
          signal: new AbortController().signal,
        },
      ],
      openReceiver,
    ),
  watchInterfaces: () =>
    free([{ signal: new AbortController().signal }], async (options) => {
      for await (const _ of watchInterfaces(options)) break
    }),
  'receiver.join': () => onReceiver([channel()], 'join'),
  'receiver.keep': () => onReceiver([channel()], 'keep'),
  'join with options': () =>
    onControl([channel(), { keep: { renewAfter: false }, onChange: () => {} }], (c, ...given: [never, never]) =>
      c.join(...given),
    ),
  'receiver.joinAll': () => onReceiver([[channel(1), on()]], 'joinAll'),
  'messageSocket.send': () =>
    onMessageSocket(
      [
        [
          new Uint8Array(3),
          {
            data: new Uint8Array(2),
            hopLimit: 3,
            ancillary: [{ level: 0, type: 1, data: new Uint8Array(4) }],
            segment: 1,
          },
        ],
        { address: '127.0.0.1', port: 9 },
        { trafficClass: 8, interface: 'lo', mark: 0 },
      ],
      'send',
    ),
  'messageSocket.reply': () =>
    onMessageSocket(
      [
        {
          data: Buffer.from('x'),
          source: { address: '127.0.0.1', port: 9 },
          destination: '127.0.0.1',
          interfaceIndex: 1,
          truncated: false,
        },
        new Uint8Array(3),
        { hopLimit: 3 },
      ],
      'reply',
    ),
  'messageSocket.connect': () => onMessageSocket([{ address: '127.0.0.1', port: 9 }], 'connect'),
  'messageSocket.receive': () => onMessageSocket([{ signal: new AbortController().signal }], 'receive'),
  toMessageSocket: () =>
    handedOver(
      [
        {
          batch: 8,
          maxDatagram: 1500,
          ancillary: { hopLimit: true, timestamp: true },
          gro: false,
          returnedErrors: true,
          reuseBuffers: true,
          readInterval: 1,
          signal: new AbortController().signal,
        },
      ],
      'toMessageSocket',
    ),
  'toMessageSocket of a Unix socket': () =>
    onPair(
      () => [{ batch: 8, ancillary: { credentials: true, pidfd: true, timestamp: true }, reuseBuffers: true }],
      'toMessageSocket',
    ),
  'messageSocket.send with descriptors': () =>
    onPair(
      (fd) => [
        [
          { data: new Uint8Array(2), descriptors: [fd, { fd }] },
          {
            data: new Uint8Array(2),
            credentials: { pid: process.pid, uid: process.getuid?.(), gid: process.getgid?.() },
          },
        ],
        undefined,
        { descriptors: [fd] },
      ],
      'send',
    ),
  socketPair: () =>
    free(['seqpacket'], async (type) => {
      for (const one of await socketPair(type)) await one.close()
    }),
  accept: () => onListener([{ signal: new AbortController().signal }]),
  openSender: () =>
    free(
      [
        {
          to: { address: GROUP, port: 5000 },
          bind: { address: '127.0.0.1', port: 0 },
          interface: 'lo',
          hops: 1,
          loopback: true,
          connect: true,
          options: settings(),
          signal: new AbortController().signal,
        },
      ],
      openSender,
    ),
  send: () =>
    onSender([
      [
        Buffer.alloc(100, 1),
        { data: new Uint8Array(200), to: { address: '127.0.0.1', port: 9 }, hopLimit: 2, source: '127.0.0.1' },
        new Uint8Array(100),
      ],
      { address: GROUP, port: 9 },
      { hopLimit: 1, trafficClass: 4, interface: 'lo' },
    ]),
  'send one': () => onSender([new Uint8Array(4000), { address: '127.0.0.1', port: 9 }]),
  'openSocket, connected': () =>
    free(
      [
        {
          family: 'ipv4',
          type: 'dgram',
          protocol: 17,
          options: settings(),
          bind: { address: '127.0.0.1', port: 0 },
          connect: { address: '127.0.0.1', port: 9 },
          signal: new AbortController().signal,
        },
      ],
      openSocket,
    ),
  'openSocket, listening': () =>
    free([{ family: 'unix', type: 'stream', bind: { path: '\0sockctl-hostile' }, listen: { backlog: 2 } }], openSocket),
  connectSocket: () =>
    onServer(
      (port) => [
        {
          host: 'somewhere',
          port,
          options: settings(),
          lookup: (_: string, __: object, answer: Parameters<net.LookupFunction>[2]) => answer(null, '127.0.0.1', 4),
          localAddress: '127.0.0.1',
          autoSelectFamily: true,
          autoSelectFamilyAttemptTimeout: 250,
          signal: new AbortController().signal,
        },
      ],
      connectSocket,
    ),
  'connectSocket, by what a lookup gives': () => {
    const answer = [
      null,
      [
        { address: '127.0.0.1', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ],
    ]
    return onServer(
      (port) => [answer, port],
      (answer: unknown[], port: number) =>
        connectSocket({
          host: 'somewhere',
          port,
          lookup: (_, __, callback) => callback(...(answer as [null, string])),
        }),
    )
  },
  connectorFor: () =>
    onServer(
      (port) => [
        { options: settings(), lookup: undefined, localAddress: '127.0.0.1', tls: { ALPNProtocols: ['h2'] } },
        {
          host: '127.0.0.1',
          port: `${port}`,
          protocol: 'http:',
          family: 4,
          keepAlive: true,
          keepAliveInitialDelay: 1000,
        },
      ],
      (options: never, request: never) =>
        new Promise<net.Socket>((resolve, reject) => {
          connectorFor(options)(request, (error, socket) => (error === null ? resolve(socket) : reject(error)))
        }),
    ),
  toDatagram: () =>
    handedOver([{ lookup: undefined, recvBufferSize: 9000, sendBufferSize: 9000, ipv6Only: false }], 'toDatagram'),
  toStream: () => handedOver([{ allowHalfOpen: true, highWaterMark: 1000 }], 'toStream'),
  toServer: () => handedOver([{ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, () => {}], 'toServer'),
  adoptSocket: () => onDescriptor(),
  control: () => free([{ fd: 2 ** 31 - 1 }], (socket) => void control(socket).fd),
  describeGroup: () => free([GROUP], describeGroup),
  diffSnapshots: () =>
    free(
      [
        { SO_RCVBUF: 1, TCP_INFO: { rtt: [1] } },
        { SO_RCVBUF: 2, TCP_INFO: { rtt: [2] } },
      ],
      diffSnapshots,
    ),
  defineOption: () => free([definition()], defineOption),
  'defineOption and set': () =>
    onControl([definition(), 65536], (c, ...[mine, value]: [never, never]) => c.set(defineOption(mine), value)),
  'codecs.struct': () => free([{ a: 'u8', b: 'u64' }, { b: 0n }], codecs.struct),
  'codecs.flags': () => free([{ one: 1, two: 2 }], codecs.flags),
  'codecs.enumeration': () => free([{ one: 1, two: 2 }], codecs.enumeration),
  listenSap: () => free([{ port: 9875, groups: ['224.2.127.254', GROUP], interface: 'lo', maxSessions: 9 }], listenSap),
  listenNtp: () => free([{ port: 10123, groups: ['224.0.1.1'], interface: 'lo' }], listenNtp),
  queryNtp: () => free(['127.0.0.1', { port: 9, timeout: 30 }], (_, given) => queryNtp('127.0.0.1', given)),
  announceSap: () =>
    free(
      [
        {
          sdp: SDP,
          interface: 'lo',
          groups: [GROUP],
          port: 9875,
          source: '127.0.0.1',
          hops: 1,
          interval: 100,
          compressed: true,
        },
      ],
      async (given) => {
        for await (const _ of announceSap(given)) break
      },
    ),
}

/** Descriptors that stay open though everything was closed. Closing happens off the event loop, and takes a moment. */
async function leftOpen(before: readonly string[]): Promise<string[]> {
  for (let patience = 200; ; patience--) {
    const more = descriptors().filter((one) => !before.includes(one))
    if (more.length === 0 || patience === 0) return more
    await pause(5)
  }
}

function descriptors(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const name = readlinkSync(`/proc/self/fd/${fd}`)
      return /^socket:|eventpoll|eventfd/.test(name) ? [`${fd} ${name}`] : []
    } catch {
      // The folder's own descriptor is closed by now.
      return []
    }
  })
}

const LATE = Symbol('late')

/** Settles as the call does; an outcome that can be closed or left is closed or left. */
async function outcomeOf({ args, call }: Target): Promise<unknown> {
  try {
    const timer = new AbortController()
    const late = pause(PATIENCE, LATE, { signal: timer.signal }).catch(() => undefined)
    const given = await Promise.race([call(...(args as never[])), late])
    timer.abort()
    if (given === LATE) return HANG
    if (typeof (given as Victim | undefined)?.close === 'function') await (given as Victim).close?.()
    return undefined
  } catch (error) {
    return error
  }
}

/** A copy whose properties are getters: each gives its value once, and then what no option may be. */
function fickleCopy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fickleCopy)
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  if (Object.getPrototypeOf(value) !== Object.prototype) return value
  // An option or its codec.
  if ('codec' in value || Object.values(value).some((inner) => typeof inner === 'function')) return value
  const copy = {}
  for (const [name, inner] of Object.entries(value)) {
    const first = fickleCopy(inner)
    let reads = 0
    Object.defineProperty(copy, name, { enumerable: true, get: () => (reads++ === 0 ? first : Symbol(name)) })
  }
  return copy
}

describeInNamespace('hostile values', () => {
  it.each(Object.entries(targets))(
    '%s works or refuses with a typed error, and leaves nothing open',
    async (_, make) => {
      const unharmed = await make()
      const before = descriptors()
      expect([undefined, expect.objectContaining({ name: 'SocketOptionError' })]).toContainEqual(
        await outcomeOf(unharmed),
      )
      await unharmed.close?.()
      const run = fc.asyncProperty(choices, async (choice) => {
        const target = await make()
        spoil(target.args, choice, target.victim ?? {})
        const error = await outcomeOf(target)
        await target.close?.()
        if (error !== undefined && !isTyped(error, choice)) throw new Error(`no typed error: ${describeError(error)}`)
      })
      await fc.assert(run, { seed: SEED, numRuns: RUNS })
      expect(await leftOpen(before)).toEqual([])
    },
    60_000,
  )

  it.each(Object.entries(targets))(
    '%s takes options whose getters give another value the second time',
    async (_, make) => {
      const target = await make()
      const before = descriptors()
      const fickle = target.args.map(fickleCopy)
      const error = await outcomeOf({ ...target, args: fickle })
      await target.close?.()
      expect([undefined, expect.objectContaining({ code: expect.any(String) })]).toContainEqual(error)
      expect(await leftOpen(before)).toEqual([])
    },
  )

  const settable = Object.entries(trials).filter(([, trial]) => 'set' in trial && trial.set !== undefined)

  it.each(settable)('the value of %s is taken or refused with a typed error', async (name, trial) => {
    const option = optionNamed.get(name)
    await using opened = await openKind(trial.on ?? 'udp4')
    const c = control(opened.socket)
    const run = fc.asyncProperty(choices, async (choice) => {
      const args: unknown[] = [structuredClone(trial.set)]
      spoil(args, choice, {})
      const error = await outcomeOf({ args, call: (value) => c.set(option as never, value) })
      if (error !== undefined && !isTyped(error, choice)) throw new Error(`no typed error: ${describeError(error)}`)
    })
    await fc.assert(run, { seed: SEED, numRuns: Math.ceil(RUNS / 3) })
  })

  it('refuses datagrams whose bytes a getter detaches while the list is read, and sends none of them', async () => {
    await using sender = await openSender({ to: { address: '127.0.0.1', port: 9 } })
    const first = new Uint8Array(20_000).fill(1)
    const datagrams = [first, first]
    Object.defineProperty(datagrams, 1, {
      get() {
        structuredClone(first.buffer, { transfer: [first.buffer] })
        return new Uint8Array([2])
      },
    })
    await expect(sender.send(datagrams)).rejects.toMatchObject({ message: expect.stringContaining('data[0]') })
    expect(sender.stats().datagrams).toBe(0)
  })

  const proxied = new Proxy(new Uint8Array(4), {})
  const refused = { code: 'ERR_INVALID_VALUE' }

  it('refuses proxies of bytes, and a name that only reads like one', async () => {
    await using sender = await openSender({ to: { address: '127.0.0.1', port: 9 } })
    await expect(sender.send(proxied)).rejects.toMatchObject(refused)
    await expect(sender.send([{ data: proxied }])).rejects.toMatchObject(refused)
    await using opened = await openKind('tcp4')
    const c = control(opened.socket)
    await expect(c.set(options.IP_OPTIONS, proxied)).rejects.toMatchObject(refused)
    const likeMss = [{ option: ['mss'] as unknown as 'mss', value: 1 }]
    await expect(c.set(options.TCP_REPAIR_OPTIONS, likeMss)).rejects.toMatchObject(refused)
  })

  it('takes bytes of another realm, and a program that is a proxy', async () => {
    await using sender = await openSender({ to: { address: '127.0.0.1', port: 9 } })
    expect(await sender.send(runInNewContext('new Uint8Array(3)'))).toBe(1)
    await using opened = await openKind('udp4')
    const c = control(opened.socket)
    const program = [{ code: 0x06, jt: 0, jf: 0, k: 0xffff }]
    await c.set(options.SO_ATTACH_FILTER, new Proxy(program, {}))
    expect(await c.get(options.SO_GET_FILTER)).toEqual(program)
  })
})
