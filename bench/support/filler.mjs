// A process that fills the receive buffer of a socket on request.
import { execFileSync, spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Starts a process that sends `count` datagrams to `port` at each call of `fill()`. The call blocks this process until
 * all are sent, so that none is read meanwhile. One process serves all calls: each fork would make all pages of this
 * process be faulted in again.
 */
export function startFiller(program, port, bytes, count, kind) {
  const directory = mkdtempSync(join(tmpdir(), 'sockctl-bench-'))
  const paths = ['ask', 'answer'].map((name) => join(directory, name))
  execFileSync('mkfifo', paths)
  const [ask, answer] = paths.map((path) => openSync(path, 'r+'))
  const child = spawn(program, [port, bytes, count, kind].map(String), { stdio: [ask, answer, 'inherit'] })
  rmSync(directory, { recursive: true })
  const byte = Buffer.alloc(1)
  return {
    fill: () => {
      writeSync(ask, byte)
      readSync(answer, byte)
    },
    stop: () => {
      child.kill()
      closeSync(ask)
      closeSync(answer)
    },
  }
}
