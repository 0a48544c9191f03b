import { Failure } from '../../shell/failure.ts'
import type { CliSocketKind } from '../options/option-socket.ts'
import { openScriptSocket, type ScriptSocket } from './script-socket.ts'
import type { Words } from './words.ts'

/** A line that is being run, and those after it where a command takes more than its own. */
export interface ScriptLine {
  readonly words: Words
  /** The next line of the same input; undefined at its end. */
  next(): Promise<string | undefined>
  /** What the command prints: lines for a person, and the same for a program. */
  answer(lines: readonly string[], result?: unknown): void
  /** Runs the line from a word on, as a command of its own that prints nothing. */
  runFrom(index: number): Promise<unknown>
}

export interface ScriptSession extends AsyncDisposable {
  /** The interface of `-i`, for commands that name none. */
  readonly interface: string | number | undefined
  /** Aborted when the script is to end at once. */
  readonly stop: AbortSignal
  readonly sockets: ReadonlyMap<string, ScriptSocket>
  /** The socket that commands act on. */
  current(): ScriptSocket
  /** The current socket where it is of this family, else one of the session's own. */
  ofFamily(family: 4 | 6): Promise<ScriptSocket>
  /** The socket of a name, opened where it is not there yet; which one is current does not change. */
  own(name: string, kind: CliSocketKind): Promise<ScriptSocket>
  open(kind: CliSocketKind, name?: string): Promise<ScriptSocket>
  use(name: string): ScriptSocket
  close(name?: string): Promise<void>
  /** Runs another file in its place. */
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

  const session: ScriptSession = {
    interface: on,
    stop,
    sockets,
    quit: false,
    current: () => {
      if (current === undefined) throw new Failure('there is no socket yet: open one, as in "socket udp4"')
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
      if (sockets.has(name)) throw new Failure(`there is a socket '${name}' already`)
      current = await openScriptSocket(name, kind)
      sockets.set(name, current)
      return current
    },
    use: (name) => {
      const found = sockets.get(name)
      if (found === undefined) throw new Failure(`no socket '${name}'; there are: ${[...sockets.keys()].join(', ')}`)
      current = found
      return found
    },
    close: async (name = session.current().name) => {
      const found = sockets.get(name)
      if (found === undefined) throw new Failure(`no socket '${name}'; there are: ${[...sockets.keys()].join(', ')}`)
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
