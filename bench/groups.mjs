// How long the command line takes from its start to its end.
import { execFileSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { control } from 'sockctl'
import { takeTurns } from './support/rounds.mjs'
import { below } from './support/table.mjs'

export const title = 'The command line, from its start to its end'
export const needsNamespace = true

const MEMBERSHIPS = 5_000
/** So many groups fit a socket's option memory (optmem_max). */
const GROUPS_PER_SOCKET = 500
const ROUNDS = 15

const file = (path) => fileURLToPath(new URL(path, import.meta.url))

/** Joins IPv4 groups and as many IPv6 groups; every second group source-specific, with two sources. */
async function join(memberships) {
  execFileSync('ip', ['link', 'add', 'g0', 'type', 'veth', 'peer', 'name', 'g1'])
  for (const name of ['g0', 'g1']) execFileSync('ip', ['link', 'set', name, 'up'])
  writeFileSync('/proc/sys/net/ipv4/igmp_max_memberships', `${memberships}`)
  const sockets = []
  for (let first = 0; first < memberships; first += GROUPS_PER_SOCKET) {
    const v4 = first < memberships / 2
    const socket = createSocket(v4 ? 'udp4' : 'udp6').bind(0)
    await once(socket, 'listening')
    const channels = Array.from({ length: GROUPS_PER_SOCKET }, (_, k) => {
      const number = first + k
      const [high, low] = [number >> 8, number & 255]
      const specific = number % 2 === 0
      const group = v4
        ? `${specific ? 232 : 239}.1.${high}.${low}`
        : `ff${specific ? '3e' : '15'}::${number.toString(16)}`
      const sources = v4 ? ['192.0.2.1', '192.0.2.2'] : ['2001:db8::1', '2001:db8::2']
      return specific ? sources.map((source) => ({ group, source, interface: 'g0' })) : [{ group, interface: 'g0' }]
    })
    await control(socket).joinAll(channels.flat())
    sockets.push(socket)
  }
  return sockets
}

/** A contestant: the milliseconds a program takes from its start to its end. */
const wall =
  (...args) =>
  () => {
    const start = performance.now()
    execFileSync(process.execPath, args, { maxBuffer: 1 << 26 })
    return performance.now() - start
  }

export async function* rows() {
  const main = file('../dist/cli/main.js')
  const sockets = await join(MEMBERSHIPS)
  const listed = execFileSync(process.execPath, [main, 'groups', '--json', '-i', 'g0'], { maxBuffer: 1 << 26 })
  const count = listed.toString().trim().split('\n').length
  if (count < MEMBERSHIPS) throw new Error(`${count} memberships are listed, not ${MEMBERSHIPS}`)

  const { nothing, help, table, json } = await takeTurns(
    {
      nothing: wall(file('support/nothing.mjs')),
      help: wall(main, '--help'),
      table: wall(main, 'groups'),
      json: wall(main, 'groups', '--json'),
    },
    ROUNDS,
  )
  for (const socket of sockets) socket.close()

  const floor = { name: 'Node alone', value: nothing }
  const row = (label, ours, goal) => ({ label, ours, unit: 'ms', floor, goal })
  yield row('sockctl --help', help, below(150))
  yield row('sockctl groups, of 5,000 memberships', table, below(200))
  yield row('sockctl groups --json, of 5,000 memberships', json, below(200))
}
