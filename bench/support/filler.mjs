import { execFileSync, spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * A process that fills the socket on `port` with `count` datagrams whenever `fill()` is called, which returns when they
 * are there. This process is held up meanwhile and reads none of them. A process for each filling would not do: its fork
 * makes every page of this one be faulted in again.
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
