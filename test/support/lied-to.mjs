// Uses the library while the kernel's answers are nonsense: runs under LD_PRELOAD of lies.so, driven by scripts/lies.mjs.
// A call may work or throw the library's error. Any other error is printed, and so is a call that never settles; what was
// read or written amiss in memory is for the sanitizers to say.
import { execFileSync } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { inspect } from 'node:util'
import { control, interfaces, openReceiver, openSender, openSocket, SocketOptionError } from 'sockctl'
import { tell } from './stdio.mjs'

const GROUP = '239.192.47.1'
const GROUP6 = 'ff15::47'
const EVERYTHING = {
  hopLimit: true,
  trafficClass: true,
  timestamp: 'hardware',
  checksum: true,
  originalDestination: true,
}
const DATAGRAMS = Array.from({ length: 60 }, (_, n) => Buffer.alloc(n * 20, n))
const PATIENCE = 5000

const counts = { calls: 0, refused: 0, datagrams: 0, queued: 0 }
const problems = []

/** Runs one call: its value, or undefined if it was refused. */
async function attempt(name, call) {
  counts.calls++
  const timer = new AbortController()
  const late = pause(PATIENCE, 'late', { signal: timer.signal }).catch(() => undefined)
  try {
    const outcome = await Promise.race([Promise.resolve(call()).then((value) => ({ value })), late])
    if (outcome === 'late') problems.push(`${name}: did not settle`)
    else return outcome.value
  } catch (error) {
    counts.refused++
    if (!(error instanceof SocketOptionError && typeof error.code === 'string'))
      problems.push(`${name}: ${error?.stack ?? inspect(error)}`)
  } finally {
    timer.abort()
  }
  return undefined
}

/** Opens something, uses it and closes it; what can't be opened is refused. */
async function using(name, open, use) {
  const opened = await attempt(`${name}: open`, open)
  if (opened === undefined) return
  await use(opened)
  await attempt(`${name}: close`, () => opened.close())
}

/** Reads each datagram to the last field, until nothing more comes. */
async function drain(name, receiver) {
  const reader = receiver[Symbol.asyncIterator]()
  for (;;) {
    const batch = await Promise.race([attempt(`${name}: read`, () => reader.next()), pause(40, 'enough')])
    if (batch === undefined || batch === 'enough' || batch.done) break
    for (const datagram of batch.value) {
      counts.datagrams++
      inspect(datagram, { depth: 5, getters: true })
      if (datagram.data.length > 65535) problems.push(`${name}: a datagram of ${datagram.data.length} bytes`)
    }
  }
  inspect(receiver.stats())
}

const receivers = {
  'IPv4 groups': { channels: [{ group: GROUP, interface: 'lo' }], ancillary: EVERYTHING },
  'IPv6 groups': { channels: [{ group: GROUP6, interface: 'lo' }], ancillary: EVERYTHING },
  'a source': { channels: [{ group: GROUP, source: '127.0.0.1', interface: 'lo' }], batch: 1 },
  'both families': { family: 'ipv6', ancillary: EVERYTHING, returnedErrors: true, maxDatagram: 100 },
  coalesced: { address: '127.0.0.1', gro: true, ancillary: EVERYTHING },
  raw: { type: 'raw', protocol: 17, address: '127.0.0.1', ancillary: { hopLimit: true } },
}

async function receive(name, options) {
  await using(
    name,
    () => openReceiver(options),
    async (receiver) => {
      receiver.on('returned-error', (error) => inspect(error))
      receiver.on('error', () => {})
      const port = options.type === 'raw' ? 9 : receiver.address?.port || 9
      const address = /IPv6/.test(name) ? GROUP6 : options.channels ? GROUP : '127.0.0.1'
      await using(
        `${name}, sender`,
        () => openSender({ to: { address, port }, interface: 'lo' }),
        async (sender) => {
          await attempt(`${name}: send`, () => sender.send(DATAGRAMS))
          const group = { group: '239.192.47.2', interface: 'lo' }
          const membership = options.channels && (await attempt(`${name}: join`, () => receiver.join(group)))
          await drain(name, receiver)
          if (membership) await attempt(`${name}: leave`, () => membership.leave())
        },
      )
    },
  )
}

/** Errors and times that come back by the error queue. */
const errorQueue = (address) =>
  using(
    `errors to ${address}`,
    () => openSender({ to: { address, port: 9 }, returnedErrors: true, transmitTimestamps: true }),
    async (sender) => {
      const count = (entry) => {
        counts.queued++
        inspect(entry)
      }
      sender.on('returned-error', count).on('transmitted', count)
      for (const data of DATAGRAMS.slice(1, 20)) await attempt('send', () => sender.send(data))
      await pause(40)
    },
  )

/** Questions, answers, a peer and none, over a socket for both ways. */
const bothWays = (family, address, options) =>
  using(
    `both ways over ${family}`,
    async () => (await openSocket({ family, type: 'dgram', bind: { address, port: 0 } })).toMessageSocket(options),
    async (socket) => {
      socket.on('returned-error', (error) => inspect(error))
      const to = (await attempt('address', () => socket.address)) ?? { address, port: 9 }
      for (let round = 0; round < 5; round++) {
        await attempt('send', () => socket.send(DATAGRAMS.slice(0, 8), to.port > 0 ? to : { address, port: 9 }))
        const signal = AbortSignal.timeout(40)
        const batch = await socket.receive({ signal }).catch(() => [])
        for (const datagram of batch) {
          inspect(datagram, { depth: 5, getters: true })
          await attempt('reply', () => socket.reply(datagram, Buffer.from('answer')))
        }
      }
      await attempt('connect', () => socket.connect({ address, port: 9 }))
      await attempt('remoteAddress', () => void inspect(socket.remoteAddress))
      await attempt('send to the peer', () => socket.send(DATAGRAMS.slice(0, 3)))
      await attempt('disconnect', () => socket.disconnect())
      inspect(socket.stats())
    },
  )

const sockets = [
  { family: 'ipv4', type: 'dgram', bind: { address: '127.0.0.1', port: 0 } },
  { family: 'ipv6', type: 'stream', bind: { address: '::1', port: 0 }, listen: {} },
  { family: 'unix', type: 'dgram', bind: { path: '' } },
  { family: 'netlink', type: 'raw', protocol: 0, bind: {} },
  { family: 'packet', type: 'raw', protocol: 0x0800, bind: { interface: 'lo' } },
]

async function names() {
  for (const spec of sockets) {
    await using(
      `${spec.family} socket`,
      () => openSocket(spec),
      async (owned) => {
        for (let n = 0; n < 20; n++) {
          await attempt(`${spec.family} address`, () => void inspect(owned.address()))
          await attempt(`${spec.family} remoteAddress`, () => void inspect(owned.remoteAddress()))
        }
        if (spec.family === 'ipv4') {
          const c = control(owned)
          await attempt('snapshot', () => c.snapshot())
          for (let n = 0; n < 10; n++) {
            await attempt('the interface of a route', async () => (await c.join({ group: `239.192.48.${n}` })).leave())
            await attempt('the filter', () => c.getSourceFilter({ group: GROUP, interface: 'lo' }))
          }
        }
      },
    )
  }
  for (let n = 0; n < 20; n++) await attempt('interfaces', () => void interfaces())
}

const COMES_AND_GOES = 'link add lied0 type veth peer name lied1\nlink del lied0\n'

/** Links that come and go while a receiver watches them. */
const links = () =>
  using(
    'link watch',
    () => openReceiver({ channels: [{ group: GROUP, interface: 'lo' }] }),
    async (receiver) => {
      receiver.on('channel-change', () => {})
      // Without the library that lies.
      const env = { ...process.env, LD_PRELOAD: '' }
      execFileSync('ip', ['-batch', '-'], { env, input: COMES_AND_GOES.repeat(5) })
      await pause(20)
    },
  )

process.on('uncaughtException', (error) => problems.push(`uncaught: ${error?.stack ?? inspect(error)}`))
process.on('unhandledRejection', (error) => problems.push(`unhandled: ${error?.stack ?? inspect(error)}`))
for (let round = 0; round < 3; round++) {
  for (const [name, options] of Object.entries(receivers)) await receive(name, options)
  for (const address of ['127.0.0.1', '::1']) await errorQueue(address)
  for (const [family, address] of [
    ['ipv4', '127.0.0.1'],
    ['ipv6', '::1'],
  ])
    for (const options of [
      { ancillary: EVERYTHING },
      { ancillary: EVERYTHING, reuseBuffers: true, returnedErrors: true },
    ])
      await bothWays(family, address, options)
  await names()
  await links()
}
tell({ ...counts, problems })
// What a lie has left open must not keep the process.
process.exit(0)
