// Running other programs for what they know about this host.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const execute = promisify(execFile)
const PROGRAM_TIMEOUT = 3000

/** The output of another program; undefined if there is no such program, or it fails. */
export const askProgram = async (program: string, args: string[]): Promise<string | undefined> =>
  execute(program, args, {
    timeout: PROGRAM_TIMEOUT,
    maxBuffer: 1 << 26,
    env: { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` },
  }).then(
    ({ stdout }) => stdout,
    () => undefined,
  )
