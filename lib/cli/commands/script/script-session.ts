// The state of a running script: its sockets, and which of them commands act on.

import { Failure } from '../../shell/failure.ts'
import { quoted } from '../../shell/printable.ts'
import type { CliSocketKind } from '../options/option-socket.ts'
import { openScriptSocket, type ScriptSocket } from './script-socket.ts'
import type { Words } from './words.ts'

/** A line that is being run. */
export interface ScriptLine {
  readonly words: Words
  /** Takes the next line of the same input too; undefined at its end. */
  next(): Promise<string | undefined>
  /** Prints the command's answer: lines for a person, `result` for a program. */
  answer(lines: readonly string[], result?: unknown): void
  /** Runs the rest of the line, from the word at `index` on, as a command that prints nothing. */
  runFrom(index: number): Promise<unknown>
}

export interface ScriptSession extends AsyncDisposable {
  /** The interface given with `-i`, for commands that name none. */
  readonly interface: string | number | undefined
  /** Aborted when the script is to end at once. */
  readonly stop: AbortSignal
  readonly sockets: ReadonlyMap<string, ScriptSocket>
  /** The socket that commands act on. */
  current(): ScriptSocket
  /** The current socket, if that is a UDP socket of this family; else the session's own for the family. */
  ofFamily(family: 4 | 6): Promise<ScriptSocket>
  /** The socket of this name, opened if there is none yet. Does not change the current socket. */
  own(name: string, kind: CliSocketKind): Promise<ScriptSocket>
  open(kind: CliSocketKind, name?: string): Promise<ScriptSocket>
  use(name: string): ScriptSocket
  close(name?: string): Promise<void>
  /** Runs the commands of another file. */
  run(file: string): Promise<void>
  quit: boolean
}

export function createScriptSession(
  on: string | number | undefined,
  stop: AbortSignal,
  run: (session: ScriptSession, file: string) => Promise<void>,
): ScriptSession {
  const sockets = new Map<string, ScriptSocket>()
  let current: ScriptSocket | undefined

  const socketNamed = (name: string): ScriptSocket => {
    const found = sockets.get(name)
    if (found === undefined)
      throw new Failure(`no socket ${quoted(name)}; there are: ${[...sockets.keys()].join(', ')}`)
    return found
  }

  const session: ScriptSession = {
    interface: on,
    stop,
    sockets,
    quit: false,
    current: () => {
      if (current === undefined) throw new Failure('there is no socket yet: open one, such as "socket udp4"')
      return current
    },
    ofFamily: async (family) => {
      if (current?.family === family && current.kind.startsWith('udp')) return current
      return await session.own(`mtest${family}`, `udp${family}`)
    },
    own: async (name, kind) => {
      const socket = sockets.get(name) ?? (await openScriptSocket(name, kind))
      sockets.set(name, socket)
      return socket
    },
    open: async (kind, name = nameFor(kind)) => {
      if (sockets.has(name)) throw new Failure(`there is a socket ${quoted(name)} already: choose another name`)
      current = await openScriptSocket(name, kind)
      sockets.set(name, current)
      return current
    },
    use: (name) => {
      current = socketNamed(name)
      return current
    },
    close: async (name = session.current().name) => {
      const found = socketNamed(name)
      sockets.delete(name)
      if (current === found) current = [...sockets.values()].at(-1)
      await found[Symbol.asyncDispose]()
    },
    run: (file) => run(session, file),
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...sockets.values()].map((socket) => socket[Symbol.asyncDispose]()))
      sockets.clear()
    },
  }

  const nameFor = (kind: CliSocketKind): string => {
    for (let number = 1; ; number++) {
      const name = number === 1 ? kind : `${kind}-${number}`
      if (!sockets.has(name)) return name
    }
  }
  return session
}
