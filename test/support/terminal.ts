import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { run } from './commands.ts'

/** A terminal with a program in it. */
export interface Terminal extends AsyncDisposable {
  /** What is on the screen, line by line, without what is empty below. */
  screen(): Promise<string[]>
  /** The screen, once it is as it should be. */
  until(right: (screen: string[]) => boolean): Promise<string[]>
  /** `C-c`, `C-d`, `Enter`, or text. */
  type(...keys: string[]): Promise<void>
  resize(columns: number, rows: number): Promise<void>
}

/** Runs a command in tmux; a shell's `ended with STATUS` is the last line once it is over. */
export async function openTerminal(command: readonly string[], columns = 100, rows = 20): Promise<Terminal> {
  // A path of its own: tmux's default folder goes by the user's number, which a namespace gives to several users.
  const socket = `${tmpdir()}/sockctl-test-${process.pid}-${randomBytes(4).toString('hex')}`
  const tmux = (...args: string[]): Promise<string> => run('tmux', ['-S', socket, '-f', '/dev/null', ...args])
  const quoted = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ')
  const size = ['-x', `${columns}`, '-y', `${rows}`]
  // Ctrl-C goes to the shell too, and not every shell waits for the program's word on it.
  await tmux('new-session', '-d', ...size, `trap : INT; ${quoted}; echo "ended with $?"; exec cat`)
  const screen = async (): Promise<string[]> => (await tmux('capture-pane', '-p')).trimEnd().split('\n')
  return {
    screen,
    async until(right) {
      let seen: string[] = []
      for (const patience = AbortSignal.timeout(10_000); !patience.aborted; await pause(50)) {
        seen = await screen()
        if (right(seen)) return seen
      }
      throw new Error(`the screen did not become so; it is:\n${seen.join('\n')}`)
    },
    type: async (...keys) => void (await tmux('send-keys', ...keys)),
    resize: async (width, height) => void (await tmux('resize-window', '-x', `${width}`, '-y', `${height}`)),
    [Symbol.asyncDispose]: async () => void (await tmux('kill-server')),
  }
}
