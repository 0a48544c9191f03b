// Tries every event of an interface with every wish, and says how soon the traffic is back: for receivers, for kept joins of a
// dgram.Socket, and beside them for dgram alone and for smcroute. node scripts/keep-matrix.mjs [--json FILE]
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import dgram from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { findNamespace } from './namespace.mjs'

const { values } = parseArgs({ options: { json: { type: 'string', default: '' } } })

if (process.env.SOCKCTL_MATRIX !== '1') {
  const { flags, missing } = findNamespace()
  if (missing !== undefined) throw new Error(missing)
  const { status } = spawnSync(
    'unshare',
    [...flags, process.execPath, fileURLToPath(import.meta.url), ...process.argv.slice(2)],
    { stdio: 'inherit', env: { ...process.env, SOCKCTL_MATRIX: '1', PATH: `${process.env.PATH}:/usr/sbin:/sbin` } },
  )
  process.exit(status ?? 1)
}

const { control, interfaces, openReceiver } = await import('../dist/index.js')

const scratch = mkdtempSync(join(tmpdir(), 'sockctl-matrix-'))
const ip = (line) => execFileSync('ip', line.split(' '), { stdio: ['ignore', 'pipe', 'pipe'] })
const quietly = (line) => spawnSync('ip', line.split(' '), { stdio: 'ignore' })
const hostB = spawn('unshare', ['--net', 'sh', '-c', 'echo; exec sleep 100000'], {
  stdio: ['ignore', 'pipe', 'ignore'],
})
await once(hostB.stdout, 'data')
const onB = (line) => execFileSync('nsenter', [`--net=/proc/${hostB.pid}/ns/net`, 'ip', ...line.split(' ')])

const PORT = 5000
const LIMIT = 3000
const sources = { ipv4: ['10.57.0.11', '10.57.0.12'], ipv6: ['fd57::11', 'fd57::12'] }
const groupsOf = (family, count) =>
  Array.from({ length: count }, (_, i) => (family === 'ipv4' ? `239.7.7.${i + 1}` : `ff15::7:${i + 1}`))
const specific = { ipv4: '232.7.7.1', ipv6: 'ff35::7:1' }

/** What is asked for: channels, what is blocked, and what must arrive as `group source`. */
const wishes = {
  'any source': (family) => {
    const [group] = groupsOf(family, 1)
    return { channels: [{ group, interface: 'k0' }], expected: sources[family].map((one) => `${group} ${one}`) }
  },
  'two sources': (family) => ({
    channels: sources[family].map((source) => ({ group: specific[family], source, interface: 'k0' })),
    expected: sources[family].map((one) => `${specific[family]} ${one}`),
  }),
  'a blocked source': (family) => {
    const [group] = groupsOf(family, 1)
    const [first, second] = sources[family]
    return { channels: [{ group, interface: 'k0' }], blocked: second, expected: [`${group} ${first}`] }
  },
  '25 groups': (family) => {
    const groups = groupsOf(family, 25)
    return {
      channels: groups.map((group) => ({ group, interface: 'k0' })),
      expected: groups.flatMap((group) => sources[family].map((one) => `${group} ${one}`)),
    }
  },
  'every interface': (family) => {
    const [group] = groupsOf(family, 1)
    return { channels: [{ group, interface: '*' }], expected: sources[family].map((one) => `${group} ${one}`) }
  },
}

function plug(index) {
  ip(`link add k0 ${index === undefined ? '' : `index ${index} `}type veth peer name k0x netns ${hostB.pid}`)
  onB('link set k0x master kbr up')
  ip('address add 10.57.0.1/24 dev k0')
  ip('address add fd57::1/64 dev k0 nodad')
  ip('link set k0 up')
}

const indexOfCable = () => interfaces().find(({ name }) => name === 'k0')?.index
let index

/** What happens to the cable k0: `begin`, and a moment later `over`. */
const events = {
  'down and up': { begin: () => ip('link set k0 down'), over: () => ip('link set k0 up') },
  'no carrier': { begin: () => onB('link set k0x down'), over: () => onB('link set k0x up') },
  'deleted and made again': { begin: () => ip('link delete k0'), over: () => plug() },
  'with the same index': {
    begin: () => {
      index = indexOfCable()
      ip('link delete k0')
    },
    over: () => plug(index),
  },
  'to another namespace and back': {
    begin: () => ip(`link set k0 netns ${hostB.pid}`),
    over: () => {
      onB(`link set k0 netns ${process.pid}`)
      ip('address add 10.57.0.1/24 dev k0')
      ip('address add fd57::1/64 dev k0 nodad')
      ip('link set k0 up')
    },
  },
  renamed: { begin: () => ip('link set k0 name k9'), over: () => {} },
  'address swapped': {
    begin: () => ip('address flush dev k0 scope global'),
    over: () => {
      ip('address add 10.57.0.3/24 dev k0')
      ip('address add fd57::3/64 dev k0 nodad')
    },
  },
  'MTU 1200 and back': { begin: () => ip('link set k0 mtu 1200'), over: () => ip('link set k0 mtu 1500') },
  'IPv6 off and on': {
    begin: () => writeFileSync('/proc/sys/net/ipv6/conf/k0/disable_ipv6', '1'),
    over: () => writeFileSync('/proc/sys/net/ipv6/conf/k0/disable_ipv6', '0'),
  },
  'in a bridge for a while': {
    begin: () => {
      ip('link add kbridge type bridge')
      ip('link set k0 master kbridge')
    },
    over: () => ip('link set k0 nomaster'),
  },
  'not there at first': { absent: true, begin: () => {}, over: () => plug() },
}

const noting = (socket, take) =>
  socket.on('message', (data) => {
    const { group, from, seq } = JSON.parse(data)
    take(`${group} ${from}`, seq)
  })

async function boundSocket(family, take) {
  const socket = dgram.createSocket({ type: family === 'ipv4' ? 'udp4' : 'udp6', reuseAddr: true })
  socket.bind(PORT)
  await once(socket, 'listening')
  noting(socket, take)
  return socket
}

/** Who takes a wish: gives the function that ends it, or undefined if the wish is not one it can have. */
const takers = {
  receiver: async (_family, { channels, blocked }, take) => {
    const receiver = await openReceiver({ port: PORT, channels, keep: { waitForInterface: true } })
    for (const { memberships } of receiver.channels)
      for (const membership of blocked === undefined ? [] : memberships) await membership.block(blocked)
    const reading = async () => {
      for await (const batch of receiver)
        for (const { data } of batch) {
          const { group, from, seq } = JSON.parse(data)
          take(`${group} ${from}`, seq)
        }
    }
    void reading()
    return () => receiver.close()
  },
  'kept join': async (family, { channels, blocked }, take, { absent }) => {
    // A socket takes 20 groups, and a join waits for no first interface.
    if (channels.length > 20 || absent || channels[0].interface === '*') return undefined
    const socket = await boundSocket(family, take)
    for (const channel of channels) {
      const membership = await control(socket).join(channel, { keep: true })
      if (blocked !== undefined) await membership.block(blocked)
    }
    return () => socket.close()
  },
  dgram: async (family, { channels, blocked }, take, { absent }) => {
    if (channels.length > 20 || absent || blocked !== undefined || channels[0].interface === '*') return undefined
    const socket = await boundSocket(family, take)
    const on = family === 'ipv4' ? '10.57.0.1' : '::%k0'
    for (const { group, source } of channels) {
      if (source === undefined) socket.addMembership(group, on)
      else socket.addSourceSpecificMembership(source, group, on)
    }
    return () => socket.close()
  },
  smcroute: async (family, { channels, blocked }, take) => {
    if (blocked !== undefined || channels[0].interface === '*') return undefined
    const socket = await boundSocket(family, take)
    const file = (name) => join(scratch, name)
    const lines = channels.map(
      ({ group, source }) => `mgroup from k0 group ${group}${source ? ` source ${source}` : ''}`,
    )
    writeFileSync(file('conf'), `${lines.join('\n')}\n`)
    const daemon = spawn('smcrouted', ['-n', '-f', file('conf'), '-P', file('pid'), '-u', file('socket')], {
      stdio: 'ignore',
    })
    daemon.on('error', () => {})
    await pause(500)
    return async () => {
      socket.close()
      daemon.kill()
      if (daemon.exitCode === null) await once(daemon, 'exit')
    }
  },
}

const SENDER = `
const dgram = require('dgram')
const [sources, groups] = JSON.parse(process.argv[1])
let seq = 0
Promise.all(sources.map((address) => new Promise((resolve) => {
  const socket = dgram.createSocket(address.includes(':') ? 'udp6' : 'udp4')
  socket.on('error', () => {})
  socket.bind(0, address, () => {
    socket.setMulticastInterface(address.includes(':') ? '::%kbr' : address)
    resolve({ socket, address })
  })
}))).then((sockets) => setInterval(() => {
  seq++
  for (const group of groups) for (const { socket, address } of sockets)
    if (address.includes(':') === group.includes(':'))
      socket.send(JSON.stringify({ group, from: address, seq }), ${PORT}, group, () => {})
}, 10))
`

/** Milliseconds from the end of an event until every flow is there; undefined if a flow never is. */
async function cell(taker, family, wish, event) {
  const arrived = new Map()
  const counts = { twice: 0, unwanted: 0 }
  const numbers = new Set()
  const take = (key, seq) => {
    arrived.set(key, performance.now())
    if (numbers.has(`${key} ${seq}`)) counts.twice++
    numbers.add(`${key} ${seq}`)
    if (!wish.expected.includes(key)) counts.unwanted++
  }
  const missing = (since) => wish.expected.filter((key) => (arrived.get(key) ?? 0) <= since)
  const flows = async (since) => {
    const until = performance.now() + LIMIT
    while (missing(since).length > 0) {
      if (performance.now() > until) return undefined
      await pause(2)
    }
    return Math.max(...wish.expected.map((key) => arrived.get(key))) - since
  }
  quietly('link delete k0')
  quietly('link delete k9')
  quietly('link delete kbridge')
  if (!event.absent) plug()
  const end = await takers[taker](family, wish, take, event)
  if (end === undefined) return null
  try {
    if (!event.absent && (await flows(performance.now())) === undefined) return { back: undefined, never: true }
    // What the program itself let in before it blocked a source is not counted.
    counts.unwanted = 0
    event.begin()
    await pause(150)
    event.over()
    return { back: await flows(performance.now()), ...counts }
  } finally {
    await end()
  }
}

const results = []
try {
  execFileSync('ip', ['link', 'set', 'lo', 'up'])
  onB('link set lo up')
  onB('link add kbr type bridge mcast_snooping 0')
  for (const one of sources.ipv4) onB(`address add ${one}/24 dev kbr`)
  for (const one of sources.ipv6) onB(`address add ${one}/64 dev kbr nodad`)
  onB('link set kbr up')
  await pause(1000)
  const groups = ['ipv4', 'ipv6'].flatMap((family) => [...groupsOf(family, 25), specific[family]])
  const sender = spawn(
    'nsenter',
    [
      `--net=/proc/${hostB.pid}/ns/net`,
      process.execPath,
      '-e',
      SENDER,
      JSON.stringify([[...sources.ipv4, ...sources.ipv6], groups]),
    ],
    { stdio: 'inherit' },
  )
  for (const [event, does] of Object.entries(events))
    for (const taker of Object.keys(takers)) {
      const backs = []
      let cells = 0
      let never = 0
      let twice = 0
      let unwanted = 0
      for (const family of ['ipv4', 'ipv6'])
        for (const [wish, of] of Object.entries(wishes)) {
          const told = await cell(taker, family, of(family), does)
          if (told === null) continue
          cells++
          twice += told.twice ?? 0
          unwanted += told.unwanted ?? 0
          if (told.back === undefined) never++
          else backs.push(told.back)
          if (process.stderr.isTTY || told.back === undefined) console.error(event, taker, family, wish, told)
        }
      const longest = backs.length === 0 ? undefined : Math.round(Math.max(...backs))
      results.push({ event, taker, cells, back: backs.length, never, longest, twice, unwanted })
      console.log(JSON.stringify(results.at(-1)))
    }
  sender.kill()
} finally {
  hostB.kill()
  rmSync(scratch, { recursive: true, force: true })
}
if (values.json !== '') writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`)
const bad = results.filter(
  ({ taker, never, longest, twice }) =>
    ['receiver', 'kept join'].includes(taker) && (never > 0 || longest > 1000 || twice > 0),
)
for (const one of bad) console.error('not kept:', one)
process.exit(bad.length === 0 ? 0 : 1)
