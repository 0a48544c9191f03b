// The runtime that this program runs in, and the error for what only another one has.
import { SocketOptionError } from './errors.ts'

const { versions } = process

/** Electron is Node here. */
export const runtime: 'Node' | 'Bun' | 'Deno' =
  versions.bun !== undefined ? 'Bun' : versions.deno !== undefined ? 'Deno' : 'Node'

/** The error for what this runtime lacks. */
export function unsupportedByRuntime(what: string, why: string): SocketOptionError {
  const version = versions[runtime.toLowerCase()]
  return new SocketOptionError(`${what} is not available under ${runtime} ${version}: ${why}`, {
    code: 'ERR_UNSUPPORTED',
    reason: 'unsupported',
  })
}
