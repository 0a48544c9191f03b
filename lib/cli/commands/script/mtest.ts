import { setTimeout as pause } from 'node:timers/promises'
import { isIpv6 } from '../../../net/address.ts'
import { Failure } from '../../shell/failure.ts'
import { whole } from '../../shell/values.ts'
import { compareAddresses } from './compare-addresses.ts'
import { block, getFilter, join, leave, type Place, parsePlace, setFilter, unblock } from './membership-verbs.ts'
import { MTEST_LINK } from './mtest-link.ts'
import type { ScriptSocket } from './script-socket.ts'
import type { Line, Session } from './session.ts'
import { type Verb, word } from './verb.ts'

// The commands of FreeBSD's mtest(8): the same words in the same order, and "ok" where it says so.

const ok = (line: Line): void => line.answer(['ok'])

/** mtest's MAX_ADDRS. */
const MOST_SOURCES = 20

async function target(session: Session, words: readonly string[]): Promise<[ScriptSocket, Place]> {
  const place = parsePlace(session, words)
  return [await session.ofFamily(isIpv6(place.group) ? 6 : 4), place]
}

const delta = (does: string, act: (socket: ScriptSocket, place: Place) => Promise<void>): Verb => ({
  help: [['GROUP INTERFACE [SOURCE]', does]],
  run: async (session, line) => {
    await act(...(await target(session, line.words.list.slice(1))))
    ok(line)
  },
})

/** What allowing and blocking a source means depends on the filter mode the socket has. */
const toggle = (does: string, any: typeof block, specific: typeof block): Verb => ({
  help: [['GROUP INTERFACE SOURCE', does]],
  run: async (session, line) => {
    word(line, 3, 'a source')
    const [socket, place] = await target(session, line.words.list.slice(1))
    const { mode } = await getFilter(socket, place)
    await (mode === 'exclude' ? any : specific)(socket, place)
    ok(line)
  },
})

const filter = (mode: 'include' | 'exclude'): Verb => ({
  help: [['GROUP INTERFACE COUNT [SOURCE...]', `set the filter to ${mode} COUNT sources, here or one a line after it`]],
  run: async (session, line) => {
    const [socket, place] = await target(session, line.words.list.slice(1, 3))
    const count = whole(0, MOST_SOURCES)(word(line, 3, 'the number of sources'))
    const sources = line.words.list.slice(4)
    while (sources.length < count) {
      const next = await line.next()
      if (next === undefined) throw new Failure(`${count} sources are needed; there are ${sources.length}`)
      sources.push(next.trim())
    }
    if (sources.length > count) throw new Failure(`${count} sources are needed; there are ${sources.length}`)
    await setFilter(socket, { ...place, sources }, mode)
    ok(line)
  },
})

async function show(session: Session, line: Line): Promise<void> {
  const [socket, place] = await target(session, line.words.list.slice(1, 3))
  const most = whole(0, 2 ** 31 - 1)(word(line, 3, 'how many sources to print'))
  const { mode, sources } = await getFilter(socket, place)
  const sorted = sources.toSorted(compareAddresses)
  line.answer([mode, `${sorted.length}`, ...sorted.slice(0, most), 'ok'], { mode, sources: sorted })
}

export const MTEST: Readonly<Record<string, Verb>> = {
  j: delta('join a group, or a source of it', join),
  l: delta('leave a group, or a source of it', leave),
  i: filter('include'),
  e: filter('exclude'),
  t: toggle('allow a source: unblock it, or join it where the filter includes', unblock, (socket, place) =>
    join(socket, place),
  ),
  b: toggle('block a source, or leave it where the filter includes', block, leave),
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
      await pause(whole(1, 2 ** 31 / 1000)(word(line, 1, 'a number of seconds')) * 1000, undefined, {
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
