// The commands of FreeBSD's mtest(8): the same letters, arguments and answers.

import { setTimeout as pause } from 'node:timers/promises'
import { isIpv6 } from '../../../net/address.ts'
import { Failure } from '../../shell/failure.ts'
import { wholeNumber } from '../../shell/parsers.ts'
import { compareAddresses } from './compare-addresses.ts'
import {
  blockSources,
  type GroupSpec,
  getFilter,
  joinGroup,
  leaveGroup,
  parseGroupSpec,
  setFilter,
  unblockSources,
} from './membership-verbs.ts'
import { MTEST_LINK } from './mtest-link.ts'
import type { ScriptLine, ScriptSession } from './script-session.ts'
import type { ScriptSocket } from './script-socket.ts'
import { type Verb, word } from './verb.ts'

const ok = (line: ScriptLine): void => line.answer(['ok'])

/** mtest's MAX_ADDRS. */
const MAX_SOURCES = 20

async function socketAndSpec(session: ScriptSession, words: readonly string[]): Promise<[ScriptSocket, GroupSpec]> {
  const spec = parseGroupSpec(session, words)
  return [await session.ofFamily(isIpv6(spec.group) ? 6 : 4), spec]
}

const membershipVerbOf = (does: string, act: (socket: ScriptSocket, spec: GroupSpec) => Promise<void>): Verb => ({
  help: [['GROUP INTERFACE [SOURCE]', does]],
  run: async (session, line) => {
    await act(...(await socketAndSpec(session, line.words.list.slice(1))))
    ok(line)
  },
})

/** A command that allows or blocks a source: `any` acts in filter mode exclude, `specific` in filter mode include. */
const sourceVerbOf = (does: string, any: typeof blockSources, specific: typeof blockSources): Verb => ({
  help: [['GROUP INTERFACE SOURCE', does]],
  run: async (session, line) => {
    word(line, 3, 'a source')
    const [socket, spec] = await socketAndSpec(session, line.words.list.slice(1))
    const { mode } = await getFilter(socket, spec)
    await (mode === 'exclude' ? any : specific)(socket, spec)
    ok(line)
  },
})

const filterVerbOf = (mode: 'include' | 'exclude'): Verb => ({
  help: [
    [
      'GROUP INTERFACE COUNT [SOURCE...]',
      `set the filter to ${mode} COUNT sources, in the same line or one in each of the next lines`,
    ],
  ],
  run: async (session, line) => {
    const [socket, spec] = await socketAndSpec(session, line.words.list.slice(1, 3))
    const count = wholeNumber(0, MAX_SOURCES)(word(line, 3, 'the number of sources'))
    const sources = line.words.list.slice(4)
    while (sources.length < count) {
      const next = await line.next()
      if (next === undefined) throw new Failure(`${count} sources are needed; there are ${sources.length}`)
      sources.push(next.trim())
    }
    if (sources.length > count) throw new Failure(`${count} sources are needed; there are ${sources.length}`)
    await setFilter(socket, spec, { mode, sources })
    ok(line)
  },
})

async function show(session: ScriptSession, line: ScriptLine): Promise<void> {
  const [socket, spec] = await socketAndSpec(session, line.words.list.slice(1, 3))
  const limit = wholeNumber(0, 2 ** 31 - 1)(word(line, 3, 'how many sources to print'))
  const { mode, sources } = await getFilter(socket, spec)
  const sorted = sources.toSorted(compareAddresses)
  line.answer([mode, `${sorted.length}`, ...sorted.slice(0, limit), 'ok'], { mode, sources: sorted })
}

export const MTEST: Readonly<Record<string, Verb>> = {
  j: membershipVerbOf('join a group, or a source of it', joinGroup),
  l: membershipVerbOf('leave a group, or a source of it', leaveGroup),
  i: filterVerbOf('include'),
  e: filterVerbOf('exclude'),
  t: sourceVerbOf(
    'allow a source: unblock it, or join it if the filter mode is include',
    unblockSources,
    (socket, spec) => joinGroup(socket, spec),
  ),
  b: sourceVerbOf('block a source, or leave it if the filter mode is include', blockSources, leaveGroup),
  g: {
    help: [['GROUP INTERFACE COUNT', 'print the filter mode, the number of sources, and COUNT of them']],
    run: show,
  },
  ...MTEST_LINK,
  f: {
    help: [['FILE', 'run the commands of a file']],
    run: (session, line) => session.run(word(line, 1, 'the name of a file')),
  },
  s: {
    help: [['SECONDS', 'sleep']],
    run: async (session, line) => {
      await pause(wholeNumber(1, 2 ** 31 / 1000)(word(line, 1, 'a number of seconds')) * 1000, undefined, {
        signal: session.stop,
      })
      ok(line)
    },
  },
  q: {
    help: [['', 'quit']],
    run: (session) => {
      session.quit = true
    },
  },
}
