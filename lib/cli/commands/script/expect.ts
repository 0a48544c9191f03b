// The command `expect` of scripts: fails unless datagrams arrive, or an option, a filter or an error is as expected.

import { once } from 'node:events'
import { isDeepStrictEqual } from 'node:util'
import type { Datagram, SocketOptionError } from '../../../index.ts'
import { canonical } from '../../../net/address.ts'
import { Failure } from '../../shell/failure.ts'
import { count, duration } from '../../shell/parsers.ts'
import { printable } from '../../shell/printable.ts'
import { findOption } from '../options/find.ts'
import { parseValue, valueText } from '../options/value.ts'
import { getFilter, parseFilter } from './membership-verbs.ts'
import type { ScriptLine, ScriptSession } from './script-session.ts'
import type { ScriptSocket } from './script-socket.ts'
import { word } from './verb.ts'

/** In milliseconds: how long to wait for datagrams. */
const DEFAULT_WAIT = 1000
/** In milliseconds: how long no datagram may arrive for `expect no datagram`. */
const DEFAULT_SILENCE = 500

interface ExpectedDatagrams {
  count: number
  from: string | undefined
  to: string | undefined
  within: number
}

/** `[no|COUNT] datagram(s) [from SOURCE] [to GROUP] [within TIME]` */
function parseExpectedDatagrams(words: readonly string[]): ExpectedDatagrams | undefined {
  const at = words.findIndex((text) => text === 'datagram' || text === 'datagrams')
  if (at < 0 || at > 1) return undefined
  const number = at === 0 ? 1 : words[0] === 'no' ? 0 : count(words[0] ?? '')
  const wanted: ExpectedDatagrams = {
    count: number,
    from: undefined,
    to: undefined,
    within: number === 0 ? DEFAULT_SILENCE : DEFAULT_WAIT,
  }
  const rest = words.slice(at + 1)
  for (let index = 0; index < rest.length; index += 2) {
    const value = rest[index + 1]
    if (value === undefined) throw new Failure(`a value is needed after '${rest[index]}'`)
    if (rest[index] === 'from') wanted.from = canonical(value) ?? value
    else if (rest[index] === 'to') wanted.to = canonical(value) ?? value
    else if (rest[index] === 'within' || rest[index] === 'for') wanted.within = duration(value)
    else throw new Failure(`unknown word '${rest[index]}': use from, to or within`)
  }
  return wanted
}

const suits = (datagram: Datagram, { from, to }: ExpectedDatagrams): boolean =>
  (from === undefined || datagram.source.address === from) && (to === undefined || datagram.destination === to)

const summary = ({ source, destination, data }: Datagram): string =>
  `${source.address}${destination === undefined ? '' : ` to ${destination}`}: ${printable(data.toString('latin1', 0, 40))}`

/** Takes the expected datagrams out of the inbox, at most `limit`. */
function take(inbox: Datagram[], wanted: ExpectedDatagrams, limit: number): Datagram[] {
  const taken: Datagram[] = []
  for (let index = 0; index < inbox.length && taken.length < limit; ) {
    if (suits(inbox[index] as Datagram, wanted)) taken.push(...inbox.splice(index, 1))
    else index++
  }
  return taken
}

async function expectDatagrams(socket: ScriptSocket, wanted: ExpectedDatagrams, stop: AbortSignal): Promise<void> {
  const { inbox, arrivals } = socket
  // Not AbortSignal.timeout: its timer does not keep the process from ending.
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(), wanted.within)
  const end = AbortSignal.any([stop, late.signal])
  let arrived = 0
  try {
    for (;;) {
      const taken = take(inbox, wanted, Math.max(1, wanted.count - arrived))
      arrived += taken.length
      if (wanted.count === 0 && taken[0] !== undefined)
        throw new Failure(`a datagram arrived from ${summary(taken[0])}`)
      if (end.aborted || (wanted.count > 0 && arrived >= wanted.count)) break
      await once(arrivals, 'datagram', { signal: end }).catch(() => {})
    }
  } finally {
    clearTimeout(timer)
  }
  if (arrived >= wanted.count) return
  const others = inbox.length === 0 ? '' : `; others arrived: ${inbox.slice(0, 3).map(summary).join(', ')}`
  throw new Failure(`${arrived} of ${wanted.count} datagrams arrived within ${wanted.within} ms${others}`)
}

async function expectFilter(session: ScriptSession, words: readonly string[]): Promise<void> {
  const { spec, filter } = parseFilter(session, words)
  if (filter === undefined)
    throw new Failure('write it as: expect filter GROUP [INTERFACE] include|exclude [SOURCE...]')
  const { mode, sources } = await getFilter(session.current(), spec)
  if (mode === filter.mode && isDeepStrictEqual(sources.toSorted(), filter.sources.toSorted())) return
  throw new Failure(`the filter is ${[mode, ...sources].join(' ')}`)
}

async function expectOption(session: ScriptSession, line: ScriptLine): Promise<void> {
  const option = findOption(word(line, 1, 'the name of an option'))
  const text = line.words.from(2)
  if (text === '') throw new Failure(`a value is needed that ${option.name} should have`)
  const value = await session.current().control.get(option as never)
  if (isDeepStrictEqual(value, parseValue(option, text)) || valueText(value) === text) return
  throw new Failure(`${option.name} is ${valueText(value)}`)
}

/** `expect error [CODE|REASON] COMMAND`: the command must fail, with this code or reason if one is given. */
async function expectError(line: ScriptLine): Promise<void> {
  const named = /^E[A-Z0-9_]+$|^[a-z]+-[a-z-]+$|^(?:limit|unsupported|permission|closed|system)$/.test(
    line.words.list[2] ?? '',
  )
    ? line.words.list[2]
    : undefined
  try {
    await line.runFrom(named === undefined ? 2 : 3)
  } catch (error) {
    const { code, reason, message } = error as Partial<SocketOptionError>
    if (named === undefined ? error instanceof Error : named === code || named === reason) return
    throw new Failure(`${named} was expected, not ${code ?? 'another error'}: ${message}`)
  }
  throw new Failure('an error was expected, but the command succeeded')
}

export async function expect(session: ScriptSession, line: ScriptLine): Promise<void> {
  const words = line.words.list.slice(1)
  if (words[0] === 'error') return await expectError(line)
  if (words[0] === 'filter') return await expectFilter(session, words.slice(1))
  const wanted = parseExpectedDatagrams(words)
  if (wanted !== undefined) return await expectDatagrams(session.current(), wanted, session.stop)
  await expectOption(session, line)
}
