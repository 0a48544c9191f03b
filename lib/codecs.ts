import { canonical, isMulticast, parseAddress } from './address.ts'
import { show } from './errors.ts'
import { interfaceIndex } from './interfaces.ts'
import { native } from './native.ts'

/**
 * How an option's value crosses between TypeScript and the C struct of the same name.
 * `R` is read, `W` is written; `Q` is what a reader must say first, where the kernel wants to be told (a group, say).
 */
export interface Codec<R, W = R, Q = undefined> {
  /** What a value must be, in words that end a sentence: "SO_RCVBUF must be ...". */
  readonly expects: string
  /** The C type read, and written. */
  readonly read: string
  readonly write: string | ((value: W) => string)
  /** What is wrong with a value the kernel would misread: '' where nothing is, or the words, or true for `expects`. */
  readonly wrong: (value: unknown) => string | boolean
  readonly toNative: (value: W) => unknown
  readonly fromNative: (native: never) => R
  readonly question?: (question: Q) => unknown
}

const same = (value: unknown): never => value as never

function codec<R, W = R>(
  ctype: string,
  expects: string,
  right: (value: unknown) => boolean,
  change: { toNative?: (value: W) => unknown; fromNative?: (native: never) => R } = {},
): Codec<R, W> {
  return {
    expects,
    read: ctype,
    write: ctype,
    wrong: (value) => !right(value),
    toNative: change.toNative ?? same,
    fromNative: change.fromNative ?? same,
  }
}

const whole = (least: number, most: number) => (value: unknown) =>
  typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most

/** An `int` between two bounds; without them, any. */
export const int = (least = -(2 ** 31), most = 2 ** 31 - 1): Codec<number> =>
  codec('int', `a whole number from ${least} to ${most}`, whole(least, most))

/** An `unsigned int` between two bounds; without them, any. */
export const unsigned = (least = 0, most = 2 ** 32 - 1): Codec<number> =>
  codec('unsigned', `a whole number from ${least} to ${most}`, whole(least, most))

/** An `unsigned char`. */
export const byte: Codec<number> = codec('byte', 'a whole number from 0 to 255', whole(0, 255))

/** A 64-bit unsigned number, as BigInt. */
export const u64: Codec<bigint> = codec(
  'u64',
  'a BigInt from 0n to 2n ** 64n - 1n',
  (value) => typeof value === 'bigint' && value >= 0n && value < 2n ** 64n,
)

/** An `int` that is 0 or 1. */
export const boolean: Codec<boolean> = codec('boolean', 'true or false', (value) => typeof value === 'boolean')

const MOST_SECONDS = 2 ** 31 - 1

/** A `struct timeval` in milliseconds, fractions down to a microsecond; 0 where the kernel means "no limit". */
export const milliseconds: Codec<number> = codec(
  'timeval',
  `a time in milliseconds from 0 to ${MOST_SECONDS * 1000}`,
  (value) => typeof value === 'number' && value >= 0 && value <= MOST_SECONDS * 1000,
)

/** Raw bytes, for an option whose type the table does not know. */
export const bytes: Codec<Buffer, Uint8Array> = codec('bytes', 'a Uint8Array', (value) => value instanceof Uint8Array)

// Half of a surrogate pair would reach the kernel as another character.
const isText = (value: string): boolean => !/\p{Surrogate}|\0/u.test(value)

/** Text of at most `most` bytes. */
export const string = (most: number): Codec<string> =>
  codec(
    'string',
    `a string of at most ${most} bytes without NUL`,
    (value) => typeof value === 'string' && Buffer.byteLength(value) <= most && isText(value),
  )

/** An interface's name, up to 15 bytes; '' for none. */
export const interfaceName: Codec<string> = string(15)

const isFamily = (family: 4 | 6) => (value: unknown) =>
  typeof value === 'string' && parseAddress(value)?.family === family

/** A `struct in_addr`: an IPv4 address. */
export const inAddr: Codec<string> = codec('in_addr', 'an IPv4 address', isFamily(4))

/** A `struct in6_addr`: an IPv6 address. */
export const in6Addr: Codec<string> = codec('in6_addr', 'an IPv6 address', isFamily(6))

/** `struct linger`: with `onoff`, close waits up to `linger` seconds for unsent data; 0 seconds resets the connection. */
export interface Linger {
  onoff: boolean
  linger: number
}

export const linger: Codec<Linger> = codec(
  'linger',
  '{ onoff: boolean, linger: seconds }, seconds a whole number from 0 to 65535',
  (value) => isRecord(value) && typeof value.onoff === 'boolean' && whole(0, 65535)(value.linger),
)

/** A group on an interface by name or index; without one the kernel chooses. */
export interface GroupRequest {
  group: string
  interface?: string | number
}

/** As `GroupRequest`, of one source. */
export interface GroupSourceRequest extends GroupRequest {
  source: string
}

/** `struct ip_mreq_source`: the interface by a local IPv4 address; without one the kernel chooses. */
export interface IpMreqSource {
  group: string
  source: string
  interface?: string
}

/** The interface multicast leaves by: a name, an index, or for IPv4 a local address. */
export type MulticastInterface = string | number

/** A source filter in full: only these sources (`include`), or all but these (`exclude`). RFC 3678 section 3. */
export interface SourceFilter {
  mode: 'include' | 'exclude'
  sources: string[]
}

export interface GroupFilter extends GroupRequest, SourceFilter {}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

type Family = 4 | 6 | undefined

function wrongGroup(value: unknown, family: Family): string {
  if (typeof value !== 'string' || !isMulticast(value)) return `group is ${show(value)}, not a multicast address`
  if (value.includes('%')) return `group is ${show(value)}: its zone goes into interface`
  const given = value.includes(':') ? 6 : 4
  return family === undefined || given === family ? '' : `group is ${show(value)}, not an IPv${family} group`
}

// The kernel takes 0.0.0.0, ::, groups and broadcast for a source, and then nothing ever arrives.
export function wrongSource(value: unknown, group: string): string {
  const address = typeof value === 'string' ? parseAddress(value) : undefined
  if (address === undefined) return `source is ${show(value)}, not an IP address`
  if (address.family !== (group.includes(':') ? 6 : 4))
    return `source ${value} and group ${group} are of different families`
  const nobody = address.bytes.every((octet) => octet === 0) || value === '255.255.255.255'
  if (nobody || isMulticast(value as string)) return `source is ${show(value)}, which no host sends from`
  return ''
}

export function wrongFilter(value: Record<string, unknown>, group: string): string {
  if (value.mode !== 'include' && value.mode !== 'exclude')
    return `mode is ${show(value.mode)}, not 'include' or 'exclude'`
  if (!Array.isArray(value.sources)) return `sources is ${show(value.sources)}, not an array`
  const seen = new Set<string | undefined>()
  for (const source of value.sources) {
    const wrong = wrongSource(source, group)
    if (wrong !== '') return wrong
    const one = canonical(source)
    if (seen.has(one)) return `source ${source} is listed twice`
    seen.add(one)
  }
  return ''
}

const isAddress = (value: unknown): value is string => typeof value === 'string' && parseAddress(value) !== undefined
const isIndexOrName = (value: unknown): boolean =>
  value === undefined || whole(0, 2 ** 31 - 1)(value) || (typeof value === 'string' && value !== '')

function wrongInterface(value: unknown, takes: 'address' | 'index' | 'either'): string {
  if (value === undefined) return ''
  const address = isAddress(value)
  if (takes !== 'index' && address)
    return parseAddress(value)?.family === 4 ? '' : `interface is ${show(value)}, not an IPv4 address`
  if (takes === 'address') return `interface is ${show(value)}, not a local IPv4 address (the struct has no index)`
  if (address || !isIndexOrName(value)) return `interface is ${show(value)}, not a name or an index`
  return ''
}

interface MembershipShape<W> {
  expects: string
  interface: 'address' | 'index' | 'either'
  family?: 4 | 6
  source?: boolean
  write: string | ((value: W) => string)
  toNative: (value: W) => unknown
}

function membership<W extends object>(shape: MembershipShape<W>): Codec<never, W> {
  return {
    expects: shape.expects,
    read: typeof shape.write === 'string' ? shape.write : 'ip_mreqn',
    write: shape.write,
    toNative: shape.toNative,
    fromNative: same,
    wrong: (value) => {
      if (!isRecord(value)) return true
      return (
        wrongGroup(value.group, shape.family) ||
        (shape.source === true ? wrongSource(value.source, value.group as string) : '') ||
        wrongInterface(value.interface, shape.interface)
      )
    },
  }
}

const ANY = '0.0.0.0'
const index = (value: string | number | undefined): number => (value === undefined ? 0 : interfaceIndex(value))

const byAddress = (value: GroupRequest): boolean => value.interface === undefined || isAddress(value.interface)

/** `struct ip_mreq` where the interface is a local address or none, `struct ip_mreqn` where it is a name or an index. */
export const ipMreq: Codec<never, GroupRequest> = membership({
  expects: '{ group, interface? }: an IPv4 group; a name, an index or a local address',
  family: 4,
  interface: 'either',
  write: (value) => (byAddress(value) ? 'ip_mreq' : 'ip_mreqn'),
  toNative: (value) =>
    byAddress(value)
      ? { group: value.group, interface: value.interface ?? ANY }
      : { group: value.group, address: ANY, interface: index(value.interface) },
})

/** `struct ip_mreq_source`. */
export const ipMreqSource: Codec<never, IpMreqSource> = membership({
  expects: '{ group, source, interface? }: IPv4 addresses, the interface by a local one',
  family: 4,
  interface: 'address',
  source: true,
  write: 'ip_mreq_source',
  toNative: (value) => ({ group: value.group, source: value.source, interface: value.interface ?? ANY }),
})

/** `struct ipv6_mreq`. */
export const ipv6Mreq: Codec<never, GroupRequest> = membership({
  expects: '{ group, interface? }: an IPv6 group; a name or an index',
  family: 6,
  interface: 'index',
  write: 'ipv6_mreq',
  toNative: (value) => ({ group: value.group, interface: index(value.interface) }),
})

/** `struct group_req`: IPv4 and IPv6. */
export const groupReq: Codec<never, GroupRequest> = membership({
  expects: '{ group, interface? }: a group; a name or an index',
  interface: 'index',
  write: 'group_req',
  toNative: (value) => ({ group: value.group, interface: index(value.interface) }),
})

/** `struct group_source_req`: IPv4 and IPv6. */
export const groupSourceReq: Codec<never, GroupSourceRequest> = membership({
  expects: '{ group, source, interface? }: a group and a source of one family; a name or an index',
  interface: 'index',
  source: true,
  write: 'group_source_req',
  toNative: (value) => ({ group: value.group, source: value.source, interface: index(value.interface) }),
})

const modeNumber = (mode: SourceFilter['mode']): number =>
  (mode === 'include' ? native.constants.MCAST_INCLUDE : native.constants.MCAST_EXCLUDE) ?? -1

interface NativeFilter {
  group: string
  interface: string | number
  mode: number
  sources: string[]
}

const filterFromNative = (filter: NativeFilter): SourceFilter => ({
  mode: filter.mode === native.constants.MCAST_INCLUDE ? 'include' : 'exclude',
  sources: filter.sources,
})

function filter<W extends SourceFilter & { group: string; interface?: string | number }>(
  ctype: string,
  family: Family,
  takes: 'address' | 'index',
  number: (value: W['interface'] | undefined) => unknown,
): Codec<SourceFilter, W, Omit<W, 'mode' | 'sources'>> {
  const head = (value: { group: string; interface?: W['interface'] | undefined }) => ({
    group: value.group,
    interface: number(value.interface),
  })
  const on = takes === 'address' ? 'a local IPv4 address' : 'a name or an index'
  return {
    expects: `{ group, interface?, mode: 'include' | 'exclude', sources: [...] }, the interface by ${on}`,
    read: ctype,
    write: ctype,
    wrong: (value) =>
      !isRecord(value) ||
      wrongGroup(value.group, family) ||
      wrongInterface(value.interface, takes) ||
      wrongFilter(value, value.group as string),
    toNative: (value) => ({ ...head(value), mode: modeNumber(value.mode), sources: value.sources }),
    fromNative: filterFromNative as (native: never) => SourceFilter,
    question: (value) => ({ ...head(value), mode: 0, sources: [] }),
  }
}

/** `struct ip_msfilter`: IPv4, the interface by a local address. */
export const ipMsfilter = filter<SourceFilter & { group: string; interface?: string }>(
  'ip_msfilter',
  4,
  'address',
  (value) => value ?? ANY,
)

/** `struct group_filter`: IPv4 and IPv6, the interface by name or index. */
export const groupFilter = filter<GroupFilter>('group_filter', undefined, 'index', index)

/** `IP_MULTICAST_IF` takes a `struct ip_mreqn` and answers with a `struct in_addr`. */
export const ipMulticastInterface: Codec<string, MulticastInterface> = {
  expects: 'an interface: its name, its index (0: the kernel chooses) or a local IPv4 address',
  read: 'in_addr',
  write: 'ip_mreqn',
  wrong: (value) => value === undefined || wrongInterface(value, 'either'),
  toNative: (value) =>
    isAddress(value)
      ? { group: ANY, address: value, interface: 0 }
      : { group: ANY, address: ANY, interface: index(value) },
  fromNative: same,
}

/** An interface's index; it may be written by name. */
export const interfaceByIndex: Codec<number, string | number> = {
  expects: 'an interface: its name or its index (0: the kernel chooses)',
  read: 'int',
  write: 'int',
  wrong: (value) => value === undefined || wrongInterface(value, 'index'),
  toNative: index,
  fromNative: same,
}
