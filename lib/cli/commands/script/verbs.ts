// The commands of scripts, except those of mtest(8).

import { setTimeout as pause } from 'node:timers/promises'
import { parseAddress } from '../../../net/address.ts'
import { Failure } from '../../shell/failure.ts'
import { duration, hexBytes, port } from '../../shell/parsers.ts'
import { quoted } from '../../shell/printable.ts'
import { findOption } from '../options/find.ts'
import { type CliSocketKind, KIND_NAMES } from '../options/option-socket.ts'
import { parseNewValue, parseQuestion, valueText } from '../options/value.ts'
import { expect } from './expect.ts'
import {
  blockSources,
  getFilter,
  joinGroup,
  leaveGroup,
  parseFilter,
  parseGroupSpec,
  setFilter,
  unblockSources,
} from './membership-verbs.ts'
import type { ScriptLine, ScriptSession } from './script-session.ts'
import type { ScriptSocket } from './script-socket.ts'
import { noMore, type Verb, word } from './verb.ts'

type Act = (socket: ScriptSocket, spec: ReturnType<typeof parseGroupSpec>) => Promise<void>

const membershipVerb = (usage: string, does: string, act: Act): Verb => ({
  help: [[usage, does]],
  run: (session, { words }) => act(session.current(), parseGroupSpec(session, words.list.slice(1))),
})

/** Reads `5000`, `ADDRESS`, `ADDRESS 5000`, `ADDRESS:5000` or `[ADDRESS]:5000`. */
function parseEndpointWords(words: readonly string[]): { address?: string; port?: number } {
  const [first = '', second, ...more] = words
  if (more.length > 0) throw new Failure(`unexpected word ${quoted(more[0] ?? '')}`)
  if (second !== undefined) return { address: first, port: portOrZero(second) }
  if (/^\d+$/.test(first)) return { port: portOrZero(first) }
  if (parseAddress(first) !== undefined) return { address: first }
  const [, bracketed, bare, number] = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(first) ?? []
  const address = bracketed ?? bare
  if (address === undefined) throw new Failure(`${quoted(first)} is not ADDRESS, PORT, ADDRESS:PORT or [ADDRESS]:PORT`)
  return { address, port: portOrZero(number ?? '') }
}

const portOrZero = (text: string): number => (text === '0' ? 0 : port(text))

async function showSocket(session: ScriptSession, line: ScriptLine): Promise<void> {
  const socket = session.current()
  const memberships = await Promise.all(
    [...new Map(socket.control.memberships.map((one) => [`${one.group} ${one.interface.index}`, one])).values()].map(
      async ({ group, interface: on }) => ({
        group,
        interface: on.name,
        ...(await getFilter(socket, { group, interface: on.index, sources: [] })),
      }),
    ),
  )
  const address = socket.address() as { address?: string; port?: number }
  const where = address.address === undefined ? JSON.stringify(address) : `${address.address} port ${address.port}`
  const lines = memberships.map(
    ({ group, interface: on, mode, sources }) => `  ${[group, 'on', on, mode, ...sources].join(' ')}`,
  )
  line.answer([`${socket.name} (${socket.kind}), bound to ${where}`, ...lines], {
    socket: socket.name,
    kind: socket.kind,
    address,
    memberships,
  })
}

export const VERBS: Readonly<Record<string, Verb>> = {
  socket: {
    help: [['KIND [NAME]', `open a socket, which becomes the current one: ${KIND_NAMES.join(' ')}`]],
    run: async (session, line) => {
      const kind = word(line, 1, 'a kind of socket')
      if (!(KIND_NAMES as readonly string[]).includes(kind))
        throw new Failure(`unknown kind of socket ${quoted(kind)}; there are: ${KIND_NAMES.join(', ')}`)
      noMore(line, 3)
      await session.open(kind as CliSocketKind, line.words.list[2])
    },
  },
  use: {
    help: [['NAME', 'make another socket the current one']],
    run: (session, line) => void session.use(word(line, 1, 'the name of a socket')),
  },
  close: { help: [['[NAME]', 'close a socket']], run: (session, { words }) => session.close(words.list[1]) },
  bind: {
    help: [['[ADDRESS] [PORT]', 'bind, so that datagrams can arrive; also sets IP_PKTINFO or IPV6_RECVPKTINFO']],
    run: (session, { words }) => {
      const { address, port: number = 0 } = words.list.length > 1 ? parseEndpointWords(words.list.slice(1)) : {}
      session.current().bind(address, number)
    },
  },
  join: membershipVerb(
    'GROUP [INTERFACE [SOURCE...]]',
    'join a group, or sources of it; also SOURCE@GROUP%INTERFACE',
    joinGroup,
  ),
  leave: membershipVerb('GROUP [INTERFACE [SOURCE...]]', 'leave a group, or sources of it', leaveGroup),
  block: membershipVerb(
    'GROUP INTERFACE SOURCE...',
    'stop sources of an any-source membership; also SOURCE@GROUP',
    blockSources,
  ),
  unblock: membershipVerb('GROUP INTERFACE SOURCE...', 'take blocked sources again', unblockSources),
  filter: {
    help: [
      ['GROUP [INTERFACE] include|exclude [SOURCE...]', 'replace the whole source filter; without a mode, print it'],
    ],
    run: async (session, line) => {
      const { spec, filter } = parseFilter(session, line.words.list.slice(1))
      if (filter !== undefined) return await setFilter(session.current(), spec, filter)
      const { mode, sources } = await getFilter(session.current(), spec)
      line.answer([[mode, ...sources].join(' ')], { mode, sources })
    },
  },
  get: {
    help: [['OPTION [QUESTION]', 'read an option by its C name; QUESTION is JSON, for options that need one']],
    run: async (session, line) => {
      const option = findOption(word(line, 1, 'the name of an option'))
      const question = line.words.from(2)
      const value: unknown = await session
        .current()
        .control.get(option as never, (question === '' ? undefined : parseQuestion(option, question)) as never)
      line.answer([`${option.name} ${valueText(value)}`], { name: option.name, value })
    },
  },
  set: {
    help: [['OPTION VALUE', 'set an option: a number, true or false, text, hexadecimal bytes, or JSON']],
    run: async (session, line) => {
      const option = findOption(word(line, 1, 'the name of an option'))
      const text = line.words.from(2)
      if (text === '') throw new Failure(`a value is needed: ${option.expects}`)
      await session.current().control.set(option as never, parseNewValue(option, text) as never)
    },
  },
  send: {
    help: [['ADDRESS:PORT [TEXT | --hex BYTES]', 'send a datagram: a text, or bytes in hexadecimal']],
    run: (session, line) => {
      const { address, port: number } = parseEndpointWords([word(line, 1, 'ADDRESS:PORT')])
      if (address === undefined || number === undefined || parseAddress(address) === undefined)
        throw new Failure('an address and a port to send to are needed: ADDRESS:PORT')
      const isHex = line.words.list[2] === '--hex'
      session.current().send(address, number, isHex ? hexBytes(line.words.from(3)) : Buffer.from(line.words.from(2)))
    },
  },
  show: { help: [['', 'show the socket, its address, memberships and source filters']], run: showSocket },
  sleep: {
    help: [['TIME', 'wait: 500ms, 2s; a number alone is seconds']],
    run: async (session, line) => {
      await pause(duration(word(line, 1, 'a time')), undefined, { signal: session.stop })
    },
  },
  expect: {
    help: [
      [
        '[no|COUNT] datagram [from SOURCE] [to GROUP] [within TIME]',
        'fail unless this many arrive; with no, fail if any does',
      ],
      ['OPTION VALUE', 'fail unless the option has the value'],
      ['filter GROUP [INTERFACE] include|exclude [SOURCE...]', 'fail unless the socket has this filter'],
      ['error [CODE|REASON] COMMAND', 'fail unless the command fails, with this code or reason'],
    ],
    run: expect,
  },
  quit: {
    help: [['', 'end the script']],
    run: (session) => {
      session.quit = true
    },
  },
}
