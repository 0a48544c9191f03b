import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import * as options from 'sockctl/options'
import { beforeAll, describe, expect, it } from 'vitest'
import { describeInNamespace } from './support/namespace.ts'
import { KINDS, openedTrials } from './support/opened-values.ts'

type Kind = keyof typeof KINDS

interface Told {
  before?: unknown
  after?: unknown
  refused?: string
}

const FIRST = 100

// A socket for each trial, at descriptors that node does not use itself.
const OPEN = `
import os, sys
from socket import *
peers = []
def tls():
    server = socket()
    server.bind(('127.0.0.1', 0))
    server.listen()
    s = socket()
    s.connect(server.getsockname())
    peers.append((server, server.accept()))
    s.setsockopt(6, 31, b'tls')
    return s
def ao():
    s = socket()
    try:
        s.getsockopt(6, 40, 56)
    except OSError as error:
        if error.errno == 92:
            raise
    return s
try:
    for index in range(COUNT):
        s = KIND
        os.dup2(s.fileno(), ${FIRST} + index)
except OSError as error:
    print(error.strerror); sys.exit(3)
os.execvp(sys.argv[1], sys.argv[1:])
`

// In the process that has the sockets. '$7' stands for 7n, which JSON has not, { hex } for bytes.
const TRY = `
import { control } from 'sockctl'
import * as options from 'sockctl/options'
const trials = JSON.parse(process.argv[1], (_, value) =>
  typeof value === 'string' && /^[$]\\d+$/.test(value)
    ? BigInt(value.slice(1))
    : typeof value?.hex === 'string' ? Buffer.from(value.hex, 'hex') : value)
const all = []
for (const [index, [name, { set, seenBy = name, ask, after = [], unseen }]] of trials.entries()) {
  const socket = control(${FIRST} + index)
  const seen = options[seenBy]
  const read = () => (ask === undefined ? socket.get(seen) : socket.get(seen, ask))
  const told = {}
  try {
    for (const [first, value] of after) await socket.set(options[first], value)
    if (seen.readable) told.before = await read()
    if (set !== undefined) await socket.set(options[name], set)
    if (unseen !== true && seen.readable) told.after = await read()
  } catch (error) {
    told.refused = error.reason ?? error.stack
  }
  all.push(told)
}
console.log(JSON.stringify(all, (_, value) => (typeof value === 'bigint' ? '$' + value : value)))
`

/** Tries all options of a kind in a process of its own; text says why there can be no such socket here. */
function attempt(kind: Kind): Told[] | string {
  const trials = Object.entries(openedTrials[kind])
  const open = OPEN.replace('KIND', KINDS[kind].endsWith(')') ? KINDS[kind] : `socket(${KINDS[kind]})`).replace(
    'COUNT',
    String(trials.length),
  )
  const node = [process.execPath, '--input-type=module', '--eval', TRY, '--', JSON.stringify(trials)]
  const child = spawnSync('python3', ['-c', open, ...node], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    encoding: 'utf8',
  })
  if (child.status === 3) return child.stdout.trim()
  expect(child.stderr).toBe('')
  return JSON.parse(child.stdout)
}

it('tries every option that dgram and net have no socket for', () => {
  const levels = new Set([
    'SOL_RAW',
    'IPPROTO_ICMPV6',
    'SOL_UDPLITE',
    'SOL_PACKET',
    'SOL_NETLINK',
    'AF_VSOCK',
    'SOL_MPTCP',
    'SOL_SCTP',
    'SOL_TLS',
    'SOL_XDP',
    'SOL_CAN_RAW',
    'SOL_CAN_ISOTP',
    'SOL_CAN_J1939',
  ])
  const wanted = Object.values(options).filter(({ level, name }) => levels.has(level) || /^(MRT6?|TCP_AO)_/.test(name))
  const tried = Object.values(openedTrials).flatMap((trials) => Object.keys(trials))
  expect(tried.toSorted()).toEqual(wanted.map(({ name }) => name).toSorted())
})

describeInNamespace('an option of a socket opened elsewhere', () => {
  describe.each(Object.keys(KINDS) as Kind[])('%s', (kind) => {
    const trials = Object.entries(openedTrials[kind])
    let told: Told[] | string = []
    beforeAll(() => {
      told = attempt(kind)
    })

    it.for(trials.map(([name, trial], index) => [name, trial, index] as const))('%s', ([, trial, index], { skip }) => {
      if (typeof told === 'string') return skip(`this kernel opens no such socket: ${told}`)
      const { before, after, refused } = told[index] ?? {}
      expect(refused).toBe(trial.refused)
      if (trial.refused !== undefined || trial.unseen === true) return
      const reads = 'reads' in trial ? trial.reads : trial.set
      if (trial.set !== undefined) expect(before, 'the value must differ from the one it has').not.toEqual(reads)
      if (reads === 'an object') expect(after).toBeTypeOf('object')
      else expect(after).toEqual(reads)
    })
  })
})

/** Sockets of AF_XDP have no address, by which the kernel would say what they are. */
const XDP = `
import os, sys
from socket import *
try:
    s = socket(44, SOCK_RAW)
    s.setsockopt(283, 3, (64).to_bytes(4, sys.byteorder))
    os.dup2(s.fileno(), ${FIRST})
except OSError as error:
    print(error.strerror); sys.exit(3)
os.execvp(sys.argv[1], sys.argv[1:])
`
const SNAPSHOT = `
import { adoptSocket, control } from 'sockctl'
import { XDP_MAX_TX_SKB_BUDGET } from 'sockctl/options'
await control(${FIRST}).set(XDP_MAX_TX_SKB_BUDGET, 64).catch((error) => { if (error.reason !== 'unsupported') throw error })
console.log(Object.keys(await control(${FIRST}).snapshot()).filter((name) => name.startsWith('XDP_')).join(' '))
try { adoptSocket(${FIRST}) } catch (error) { console.log(error.message) }
`

describeInNamespace('a socket that has no address', () => {
  it('has a snapshot, and is refused by name if it is to be adopted', ({ skip }) => {
    const node = [process.execPath, '--input-type=module', '--eval', SNAPSHOT]
    const cwd = fileURLToPath(new URL('..', import.meta.url))
    const child = spawnSync('python3', ['-c', XDP, ...node], { cwd, encoding: 'utf8' })
    if (child.status === 3) return skip(`this kernel opens no such socket: ${child.stdout.trim()}`)
    expect(child.stderr).toBe('')
    expect(child.stdout.split('\n')).toEqual([
      'XDP_OPTIONS XDP_STATISTICS',
      `adopt descriptor ${FIRST}: a socket of family 44 and type 3 is none that openSocket opens; control(${FIRST}) has its options`,
      '',
    ])
  })
})
