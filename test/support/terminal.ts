import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { run } from './commands.ts'

/** A terminal in which a program runs. */
export interface Terminal extends AsyncDisposable {
  /** The lines of the screen, without the empty ones at its end. */
  screen(): Promise<string[]>
  /** Waits until the screen is as expected, and gives it. */
  until(right: (screen: string[]) => boolean): Promise<string[]>
  /** `C-c`, `C-d`, `Enter`, or text. */
  type(...keys: string[]): Promise<void>
  resize(columns: number, rows: number): Promise<void>
}

/** Runs a command in tmux. When the command has ended, the last line is `ended with STATUS`. */
export async function openTerminal(command: readonly string[], columns = 100, rows = 20): Promise<Terminal> {
  // A socket path of its own: tmux's default path has the number of the user, which different namespaces give to
  // several.
  const socket = `${tmpdir()}/sockctl-test-${process.pid}-${randomBytes(4).toString('hex')}`
  const tmux = (...args: string[]): Promise<string> => run('tmux', ['-S', socket, '-f', '/dev/null', ...args])
  const quoted = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ')
  const size = ['-x', `${columns}`, '-y', `${rows}`]
  // Ctrl-C goes to the shell too, and some shells end before the program does.
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
