// An option: what a user sees, what calls need of it, and how a line of the table makes one.

import { type FieldRule, mustKnow, oneOf, rule, whole } from '../base/check-fields.ts'
import { show, wrongType } from '../base/errors.ts'
import { native } from '../binding/native.ts'
import type { Capability, Level, OptionAttributes } from './attributes.ts'
import type { Codec } from './codecs.ts'
import { chooseNative, type NativeChoice } from './native-option.ts'

/**
 * A socket option: `R` is what reading gives, `W` what setting takes, `never` if the option can't be read or set.
 * `Q` is the question that reading some options needs (a group on an interface, say).
 */
export interface Option<R, W = R, Q = undefined> {
  /** The C name, e.g. `SO_RCVBUF`. */
  readonly name: string
  /** The C name of the level, e.g. `SOL_SOCKET`. */
  readonly level: string
  /** False if this system has no such option: using the option then is a `SocketOptionError` with reason `unsupported`. */
  readonly supported: boolean
  /** False if the option can only be set. */
  readonly readable: boolean
  /** False if the option can only be read. */
  readonly writable: boolean
  /** `set` and `get` run on a worker thread, since the kernel may make them wait. */
  readonly waits: boolean
  /** What the value must be, in words. */
  readonly expects: string
  /** The first Linux that has the option, as in `6.16`; undefined if that was before 3.0. */
  readonly since: string | undefined
  /** The capability that setting it takes, if any. */
  readonly needs: Capability | undefined
  /** The systems whose kernels have the option. */
  readonly systems: readonly ('linux' | 'darwin')[]
  /** Types only: what reading gives, what setting takes, and the question of reading. */
  readonly types?: { read: R; take(value: W): void; ask(question: Q): void }
}

// biome-ignore lint/suspicious/noExplicitAny: `any` here is "some option, whichever", which no other type can say
export type AnyOption = Option<any, any, any>

/** The parts of an option that calls are made of; the public `Option` says only what users need. */
export interface OptionParts extends Option<unknown, unknown, unknown> {
  readonly codec: Codec<unknown, unknown, unknown>
  readonly number: number
  readonly levelNumber: number
  readonly attributes: OptionAttributes
  readonly toWrite: NativeChoice
  readonly toRead: NativeChoice
}

type Readable<R, A> = A extends { access: 'write' } ? never : R
type Writable<W, A> = A extends { access: 'read' } ? never : W

const LINUX = ['linux'] as const
const EVERYWHERE = ['linux', 'darwin'] as const
const DARWIN = ['darwin'] as const

const systemsOf = ({ darwin }: OptionAttributes) => (darwin === 'only' ? DARWIN : darwin === true ? EVERYWHERE : LINUX)

/** Numbers that the addon need not know. */
type GivenNumbers = Partial<Pick<OptionParts, 'number' | 'levelNumber'>>

/**
 * An option without the parts that calls are made of, which are made at its first use: an import makes hundreds of options, and a
 * program uses a few. A class, since its getters are made once, not for each option.
 */
class MadeOption implements Option<unknown, unknown, unknown> {
  readonly name: string
  readonly level: string
  readonly readable: boolean
  readonly writable: boolean
  readonly waits: boolean
  readonly since: string | undefined
  readonly needs: Capability | undefined
  readonly systems: OptionParts['systems']
  readonly codec: OptionParts['codec']
  readonly attributes: OptionAttributes
  readonly parts: () => OptionParts

  constructor(name: string, level: string, codec: unknown, attributes: OptionAttributes, given: GivenNumbers) {
    this.name = name
    this.level = level
    this.readable = attributes.access !== 'write'
    this.writable = attributes.access !== 'read'
    this.waits = attributes.waits ?? false
    this.since = attributes.since
    this.needs = attributes.needs
    this.systems = systemsOf(attributes)
    this.codec = codec as OptionParts['codec']
    this.attributes = attributes
    let parts: OptionParts | undefined
    this.parts = () => {
      parts ??= makeParts(this, given)
      return parts
    }
  }

  get expects(): string {
    return this.codec.expects
  }
  get supported(): boolean {
    return this.parts().supported
  }
}

function makeParts(option: MadeOption, given: GivenNumbers): OptionParts {
  const { name, level, codec, attributes } = option
  const { constants, codecs } = native
  const { number = constants[name], levelNumber = constants[level] } = given
  const hasCodec = typeof codec.read !== 'string' || codecs[codec.read] !== undefined
  const choose = (ctype: typeof codec.write): NativeChoice =>
    chooseNative(name, levelNumber ?? -1, number ?? -1, ctype, attributes)
  return {
    ...option,
    expects: codec.expects,
    supported: number !== undefined && levelNumber !== undefined && hasCodec,
    number: number ?? -1,
    levelNumber: levelNumber ?? -1,
    toWrite: choose(codec.write),
    toRead: choose(codec.read),
  }
}

const NONE = {}

/** One line of the table: an option by its C name. */
export function option<R, W, Q, const A extends OptionAttributes = { access: 'read-write' }>(
  name: string,
  level: Level,
  codec: Codec<R, W, Q>,
  attributes?: A,
): Option<Readable<R, A>, Writable<W, A>, Q> {
  return new MadeOption(name, level, codec, attributes ?? NONE, NONE) as unknown as Option<
    Readable<R, A>,
    Writable<W, A>,
    Q
  >
}

/** What `defineOption` takes: the numbers of an option, and how its value is read and written. */
export interface OptionDefinition<R, W, Q = undefined> {
  /** `read` or `write` if the option can't be set, or read. Default `read-write`. */
  access?: OptionAttributes['access'] | undefined
  /** Whether the kernel may make the calls wait: they then run on a worker thread. Default false. */
  waits?: boolean | undefined
  /** The option's name in messages. `snapshot()` has the table's options only. */
  name: string
  /** The number of its level, or the C name of a level that this library knows. */
  level: number | Level
  /** Its number, as in the header that defines it. */
  option: number
  /** One of `codecs`: what TypeScript sees, and the C type that the kernel gets. */
  codec: Codec<R, W, Q>
}

/**
 * An option that the table lacks, by its numbers; it is used like any other option.
 *
 * `setsockopt(fd, level, option, ...)`. The codec is one of `codecs`.
 * @throws TypeError for a definition that is wrong, and says in which field
 */
export function defineOption<R, W = R, A extends OptionAttributes['access'] = 'read-write', Q = undefined>(
  definition: OptionDefinition<R, W, Q> & { access?: A },
): Option<Readable<R, { access: A }>, Writable<W, { access: A }>, Q> {
  mustDefine(definition)
  const { name, level, option: number, codec, ...attributes } = definition
  const given = typeof level === 'number' ? { number, levelNumber: level } : { number }
  return new MadeOption(name, String(level), codec, attributes, given) as unknown as Option<
    Readable<R, { access: A }>,
    Writable<W, { access: A }>,
    Q
  >
}

const cInt = whole(-(2 ** 31), 2 ** 31 - 1)

const FIELDS: Record<keyof OptionDefinition<never, never>, FieldRule> = {
  name: rule('a name for messages', (value) => typeof value === 'string' && value !== ''),
  level: rule(
    'a number, or the C name of a level such as SOL_SOCKET,',
    (value) => cInt.right(value) || (typeof value === 'string' && /^(SOL|IPPROTO|AF)_[A-Z\d_]+$/.test(value)),
  ),
  option: cInt,
  codec: rule('one of `codecs`', (value) => typeof (value as { wrong?: unknown } | null)?.wrong === 'function'),
  access: oneOf('read', 'write', 'read-write', undefined),
  waits: oneOf(true, false, undefined),
}

function mustDefine(definition: unknown): void {
  if (typeof definition !== 'object' || definition === null)
    throw wrongType(`defineOption takes { name, level, option, codec }, not ${show(definition)}`)
  mustKnow(Object.keys(FIELDS), definition, 'defineOption')
  for (const [field, { right, words }] of Object.entries(FIELDS)) {
    const value = (definition as Record<string, unknown>)[field]
    if (!right(value)) throw wrongType(`defineOption: ${field} is ${show(value)}: ${words} is needed`)
  }
}

export function partsOf(option: AnyOption): OptionParts {
  const { parts } = (option ?? {}) as Partial<MadeOption>
  if (typeof parts !== 'function')
    throw wrongType(`the option is ${show(option)}: one of sockctl/options, or of defineOption, is needed`)
  return parts()
}
