import type { Holder } from './descriptor.ts'
import { badValue, describeErrno, onBehalfOf, SocketOptionError, unsupported } from './errors.ts'
import { explain } from './explain.ts'
import { native, type Outcome } from './native.ts'
import type { OptionParts } from './option.ts'

/** A value, ready for the native side; throws where it is one the kernel would misread. */
export interface Prepared {
  readonly level: number
  readonly codec: number
  readonly value: unknown
}

function usable(option: OptionParts): void {
  if (!option.supported) throw unsupported(`${option.name} (level ${option.level})`, option.name)
}

function codecIndex(name: string, option: OptionParts): number {
  const index = native.codecs[name]
  if (index === undefined) throw unsupported(`${option.name} (struct ${name})`, option.name)
  return index
}

/** MCAST_* options exist once for each family, at the level of the group's. */
function levelOf(option: OptionParts, value: unknown): number {
  if (option.attributes.byGroup !== true) return option.levelNumber
  const ipv6 = (value as { group: string }).group.includes(':')
  return native.constants[ipv6 ? 'IPPROTO_IPV6' : 'IPPROTO_IP'] ?? -1
}

export function prepare(option: OptionParts, value: unknown): Prepared {
  usable(option)
  const { codec } = option
  if (!option.writable) throw badValue(`${option.name} can only be read`, option.name)
  const wrong = codec.wrong(value)
  if (wrong !== '' && wrong !== false)
    throw badValue(
      wrong === true
        ? `${option.name} must be ${option.expects}`
        : `${option.name}: ${wrong}; it takes ${option.expects}`,
      option.name,
    )
  const write = typeof codec.write === 'string' ? codec.write : codec.write(value)
  return {
    level: levelOf(option, value),
    codec: codecIndex(write, option),
    value: onBehalfOf(option.name, () => codec.toNative(value)),
  }
}

export function prepareQuestion(option: OptionParts, question: unknown): Prepared {
  usable(option)
  const { codec } = option
  if (!option.readable) throw badValue(`${option.name} can only be set`, option.name)
  const wrong = codec.wrongQuestion?.(question) ?? ''
  if (wrong !== '' && wrong !== false)
    throw badValue(`${option.name}: ${wrong === true ? `it must be asked with ${option.expects}` : wrong}`, option.name)
  return {
    level: levelOf(option, question),
    codec: codecIndex(codec.read, option),
    value: codec.question && onBehalfOf(option.name, () => codec.question?.(question)),
  }
}

/** Leaving or joining a source on an any-source membership turns it over silently: the kernel is not asked. */
export const refusesAnySource = (option: OptionParts): boolean =>
  option.attributes.act === 'join-source' || option.attributes.act === 'leave-source'

export function check(option: OptionParts, outcome: Outcome, value: unknown): void {
  if (outcome !== 0) throw explain(option, outcome, value, 'setsockopt')
}

/** `setsockopt` at once, on this thread. */
export function setNow(holder: Holder, option: OptionParts, value: unknown): void {
  const ready = prepare(option, value)
  const refuse = refusesAnySource(option)
  check(option, native.set(holder.fd, ready.level, option.number, ready.codec, ready.value, refuse), value)
}

/** `getsockopt` at once, on this thread. */
export function getNow(holder: Holder, option: OptionParts, question: unknown): unknown {
  const ready = prepareQuestion(option, question)
  try {
    return option.codec.fromNative(native.get(holder.fd, ready.level, option.number, ready.codec, ready.value) as never)
  } catch (error) {
    // The native side throws an outcome, not an error: this is where it gets its words.
    throw typeof error === 'number' ? explain(option, error, question, 'getsockopt') : error
  }
}

/** The family and type of a socket, which decide what a membership call means on it. */
export function kindOf(holder: Holder): { family: number; type: number } {
  try {
    const kind = native.kind(holder.fd)
    return { family: kind >> 8, type: kind & 255 }
  } catch (error) {
    if (typeof error !== 'number') throw error
    const { code, text } = describeErrno(error)
    throw new SocketOptionError(`descriptor ${holder.fd} is not an open socket (${code}: ${text})`, {
      code,
      errno: error,
      syscall: 'getsockname',
      reason: code === 'EBADF' ? 'closed' : 'bad-value',
    })
  }
}
