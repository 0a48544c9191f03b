import { getSystemErrorMap } from 'node:util'

/** What kind of thing went wrong, whatever the family and the errno. */
export type Reason =
  | 'already-member'
  | 'not-member'
  | 'filter-mode'
  | 'limit'
  | 'no-interface'
  | 'no-route'
  | 'bad-value'
  | 'unsupported'
  | 'permission'
  | 'closed'
  | 'system'

export interface SocketOptionErrorFields {
  code: string
  reason: Reason
  errno?: number | undefined
  syscall?: string | undefined
  option?: string | undefined
}

/**
 * The one error this library throws or rejects with.
 *
 * `code` is the kernel's, spelled as Node does (`EADDRINUSE`), with `errno` and `syscall`; or `ERR_...` where the
 * library refuses before the kernel, and then there is no `errno`; what it looked up itself and found missing has the
 * kernel's code, `ENODEV` of an interface. `reason` is the same for IPv4 and IPv6, where the
 * kernel's errno often is not. `message` says what was asked, what is wrong and what to do.
 */
export class SocketOptionError extends Error {
  override readonly name = 'SocketOptionError'
  readonly code: string
  readonly reason: Reason
  // Not there where there is none to tell, neither for `in` nor where the error is printed.
  declare readonly errno?: number
  declare readonly syscall?: string
  declare readonly option?: string

  constructor(message: string, fields: SocketOptionErrorFields) {
    super(message)
    this.code = fields.code
    this.reason = fields.reason
    if (fields.errno !== undefined) this.errno = fields.errno
    if (fields.syscall !== undefined) this.syscall = fields.syscall
    if (fields.option !== undefined) this.option = fields.option
  }
}

/** `EADDRINUSE` and its text in words, for a positive errno. */
export function describeErrno(errno: number): { code: string; text: string } {
  const [code, text] = getSystemErrorMap().get(-errno) ?? [`E${errno}`, `errno ${errno}`]
  return { code, text }
}

/** What to do where a call finds no descriptor to take. */
export const NO_DESCRIPTOR: Readonly<Record<string, string>> = {
  EMFILE: 'this process has all the descriptors it may have: raise RLIMIT_NOFILE (ulimit -n)',
  ENFILE: 'this system has all the files open it may have: raise the sysctl fs.file-max',
}

/** A value the kernel would take silently and get wrong, or could not take at all. */
export function badValue(message: string, option?: string): SocketOptionError {
  return new SocketOptionError(message, { code: 'ERR_INVALID_VALUE', reason: 'bad-value', option })
}

/** Does something for an option: an error of ours that does not name one then names it. */
export function onBehalfOf<A, T>(option: string, act: (on: A) => T, on: A): T {
  try {
    return act(on)
  } catch (error) {
    if (!(error instanceof SocketOptionError) || error.option !== undefined) throw error
    const { code, reason, errno, syscall } = error
    throw new SocketOptionError(`${option}: ${error.message}`, { code, reason, errno, syscall, option })
  }
}

export function unsupported(what: string, option?: string): SocketOptionError {
  return new SocketOptionError(`${what} is not available on this system`, {
    code: 'ERR_UNSUPPORTED',
    reason: 'unsupported',
    option,
  })
}

/** How a value looks in a message: short, and never the whole of something long. */
export function show(value: unknown): string {
  if (typeof value === 'string') return `'${value.length > 60 ? `${value.slice(0, 60)}...` : value}'`
  if (typeof value === 'bigint') return `${value}n`
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'object' && value !== null) return 'an object'
  return String(value)
}
