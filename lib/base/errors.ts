// The error this library throws, the reasons it gives, and how values and the kernel's refusals read in messages.

import { constants } from 'node:os'
import { getSystemErrorMap } from 'node:util'

/**
 * The kind of failure, the same for every family and errno.
 *
 * - `already-member`: the socket has joined this already, or takes or blocks this source already
 * - `not-member`: the socket has not joined this, or does not take or block this source
 * - `filter-mode`: a source-specific call on an any-source membership, or the other way round
 * - `limit`: a limit of the process or the kernel, which the message names
 * - `no-interface`: there is no such interface
 * - `no-route`: there is no route, and so no interface
 * - `bad-value`: a value that is wrong, or wrong for this socket
 * - `unsupported`: this system, kernel or kind of socket does not have this
 * - `permission`: a privilege is missing, or a firewall forbids this
 * - `closed`: the socket, receiver or sender is closed, or another object has the descriptor
 * - `system`: anything else
 */
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
  cause?: unknown
}

/**
 * The one error this library throws or rejects with.
 *
 * `code` is the kernel's, spelled as Node does (`EADDRINUSE`), with `errno` and `syscall`; or `ERR_...` without `errno` if
 * the library refuses before the kernel. An interface or a route that the library looked up and did not find has the
 * kernel's code too, `ENODEV` or `ENETUNREACH`. `reason` is the same for IPv4 and IPv6; the kernel's errno often is not.
 * `message` says what was asked, what is wrong and what to do.
 */
export class SocketOptionError extends Error {
  override readonly name = 'SocketOptionError'
  /** The kernel's code as Node spells it, or `ERR_...` if the library refused before the kernel. */
  readonly code: string
  /** The kind of failure, the same for every family and errno. */
  readonly reason: Reason
  // Declared only, so that a field without a value is no property of the error: neither for `in` nor in print.
  /** The kernel's errno, a positive number; absent if the library refused before the kernel. */
  declare readonly errno?: number
  /** The call that the kernel refused: `setsockopt`. */
  declare readonly syscall?: string
  /** The option that the call was about, by its C name. */
  declare readonly option?: string

  constructor(message: string, fields: SocketOptionErrorFields) {
    super(message, fields.cause === undefined ? undefined : { cause: fields.cause })
    this.code = fields.code
    this.reason = fields.reason
    if (fields.errno !== undefined) this.errno = fields.errno
    if (fields.syscall !== undefined) this.syscall = fields.syscall
    if (fields.option !== undefined) this.option = fields.option
  }
}

/** Kept: Node makes the whole map anew at each call. */
let systemErrors: ReturnType<typeof getSystemErrorMap> | undefined

function nameAndText(errno: number): readonly [code: string, text: string] {
  systemErrors ??= getSystemErrorMap()
  return systemErrors.get(-errno) ?? [nameOf(errno), `errno ${errno}`]
}

/** The name of an errno that libuv does not know, such as EDOM. */
const nameOf = (errno: number): string =>
  Object.entries(constants.errno).find(([, number]) => number === errno)?.[0] ?? `E${errno}`

/** The name of a positive errno, as Node spells it: `EADDRINUSE`. */
export const codeOf = (errno: number): string => nameAndText(errno)[0]

/** What an errno means to the user of a call: the reason, and what is wrong and what to do. */
export interface Meaning {
  readonly reason?: Reason | undefined
  readonly advice?: string | undefined
}

/** What an errno means in every call that does not say otherwise; any other is of reason `system`. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  EBADF: { reason: 'closed', advice: 'the descriptor is not open' },
  EMFILE: {
    reason: 'limit',
    advice: 'this process has all the descriptors it may have: raise RLIMIT_NOFILE (ulimit -n)',
  },
  ENFILE: { reason: 'limit', advice: 'this system has all the files open it may have: raise the sysctl fs.file-max' },
  ENOBUFS: { reason: 'limit' },
  ENOMEM: { reason: 'limit' },
  ENOSPC: { reason: 'limit' },
  ENODEV: { reason: 'no-interface', advice: 'no such interface' },
  ENXIO: { reason: 'no-interface', advice: 'no such interface' },
  ENETUNREACH: { reason: 'no-route' },
  EHOSTUNREACH: { reason: 'no-route' },
  EACCES: { reason: 'permission' },
  EPERM: { reason: 'permission' },
  ENOPROTOOPT: { reason: 'unsupported' },
  ENOTSUP: { reason: 'unsupported' },
  EOPNOTSUPP: { reason: 'unsupported' },
  E2BIG: { reason: 'bad-value' },
  EAFNOSUPPORT: { reason: 'bad-value' },
  EDOM: { reason: 'bad-value' },
  EFAULT: { reason: 'bad-value' },
  EINVAL: { reason: 'bad-value' },
  EMSGSIZE: { reason: 'bad-value' },
  ENOTSOCK: { reason: 'bad-value' },
  ERANGE: { reason: 'bad-value' },
}

/** True if the call failed for want of a free descriptor, whatever it was to do. */
export const isOutOfDescriptors = (errno: number): boolean => ['EMFILE', 'ENFILE'].includes(codeOf(errno))

export interface KernelRefusal extends Meaning {
  /** What was asked of the kernel: 'bind to 127.0.0.1 port 80'. */
  readonly asked: string
  readonly errno: number
  readonly syscall?: string
  readonly option?: string
}

/** The error for a call that the kernel refused. A reason or advice given here stands before that of the table. */
export function kernelError({ asked, errno, syscall, option, ...given }: KernelRefusal): SocketOptionError {
  const [code, text] = nameAndText(errno)
  const known = MEANINGS[code]
  const reason = given.reason ?? known?.reason ?? 'system'
  const advice = given.advice ?? known?.advice ?? 'failed'
  return new SocketOptionError(`${asked}: ${advice} (${code}: ${text})`, { code, errno, syscall, option, reason })
}

/** The error for a value that the kernel would accept and misread, or could not take at all. */
export function badValue(message: string, option?: string): SocketOptionError {
  return new SocketOptionError(message, { code: 'ERR_INVALID_VALUE', reason: 'bad-value', option })
}

/** The error for an argument of a kind that the call does not take, with the code that Node gives. */
export function wrongType(message: string): TypeError & { code: string } {
  return Object.assign(new TypeError(message), { code: 'ERR_INVALID_ARG_TYPE' })
}

/** Acts for an option: a SocketOptionError that names no option then names this one. */
export function onBehalfOf<A, T>(option: string, act: (on: A) => T, on: A): T {
  try {
    return act(on)
  } catch (error) {
    if (!(error instanceof SocketOptionError) || error.option !== undefined) throw error
    const { code, reason, errno, syscall } = error
    throw new SocketOptionError(`${option}: ${error.message}`, { code, reason, errno, syscall, option })
  }
}

/** A value as messages show it, shortened if it is long. */
export function show(value: unknown): string {
  if (typeof value === 'string') return `'${value.length > 60 ? `${value.slice(0, 60)}...` : value}'`
  if (typeof value === 'bigint') return `${value}n`
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'object' && value !== null) return 'an object'
  return String(value)
}
