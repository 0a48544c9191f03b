// Finds options by their C names.

import * as table from '../../../options/index.ts'
import { type AnyOption, type OptionParts, partsOf } from '../../../options/option.ts'
import { UsageError } from '../../shell/failure.ts'
import { quoted } from '../../shell/printable.ts'
import { optionDocs } from './docs.ts'
import { isAlike } from './spelling.ts'

/** Every option of the table, sorted by name. */
export const ALL_OPTIONS: readonly OptionParts[] = (Object.values(table) as AnyOption[])
  .map(partsOf)
  .toSorted((a, b) => (a.name < b.name ? -1 : 1))

const byName = new Map(ALL_OPTIONS.map((option) => [option.name, option]))

/** An option by its C name, in upper or lower case. The error for an unknown name tells similar ones. */
export function findOption(given: string): OptionParts {
  const name = given.toUpperCase()
  const found = byName.get(name)
  if (found !== undefined) return found
  const out = leftOutOf(name)
  if (out !== undefined) throw new UsageError(`${name} is not in the table: ${out.why}`)
  const whole = levelNamed(name)
  if (whole !== undefined)
    throw new UsageError(`${quoted(given)} is a level, not an option: sockctl options ${whole.level} lists its options`)
  const alike = resembling(name)
  throw new UsageError(
    `unknown option ${quoted(given)}${alike.length > 0 ? `; there are ${alike.join(', ')}` : ': sockctl options lists them'}`,
  )
}

/** Other names of levels of the table, which C libraries have. */
const SAME_LEVEL: Readonly<Record<string, string>> = {
  SOL_IP: 'IPPROTO_IP',
  SOL_IPV6: 'IPPROTO_IPV6',
  SOL_ICMPV6: 'IPPROTO_ICMPV6',
  SOL_TCP: 'IPPROTO_TCP',
  SOL_UDP: 'IPPROTO_UDP',
  SOL_VSOCK: 'AF_VSOCK',
  IPPROTO_SCTP: 'SOL_SCTP',
  IPPROTO_UDPLITE: 'SOL_UDPLITE',
  IPPROTO_RAW: 'SOL_RAW',
}

const levelBy = (name: string): string => (Object.hasOwn(SAME_LEVEL, name) ? (SAME_LEVEL[name] as string) : name)

/** A level of the table, with its options. */
export interface WholeLevel {
  readonly level: string
  readonly options: readonly string[]
}

/** A level of the table, by any of its C names; undefined for any other name. */
export function levelNamed(given: string): WholeLevel | undefined {
  const level = levelBy(given.toUpperCase())
  const options = ALL_OPTIONS.filter((option) => option.level === level).map(({ name }) => name)
  return options.length === 0 ? undefined : { level, options }
}

/** The options with a text in their name or level. The error for a text in none tells what is left out under that name. */
export function listOptions(text: string): readonly OptionParts[] {
  const wanted = text.toUpperCase()
  const found = ALL_OPTIONS.filter(({ name, level }) => name.includes(wanted) || level.includes(levelBy(wanted)))
  if (found.length > 0) return found
  const { leftOut, leftOutLevels } = optionDocs()
  const levels = leftOutLevels.filter(
    ({ levels, what }) => what.toUpperCase().includes(wanted) || levels.some((level) => level.includes(wanted)),
  )
  const out = [
    ...levels.map(({ levels, what }) => `${what} (${levels.join(', ')})`),
    ...Object.keys(leftOut).filter((name) => name.includes(wanted)),
  ]
  if (out.length === 0 && leftOutOf(wanted) !== undefined) out.push(wanted)
  const told = out.length === 0 ? '' : `; left out of the table: ${out.slice(0, 3).join('; ')}`
  throw new UsageError(`no option or level has ${quoted(text)} in its name${told}`)
}

/** An option or a level of Linux's headers that the table leaves out. */
export interface LeftOut {
  readonly name: string
  /** What it is, in words. */
  readonly what: string
  /** Why the table leaves it out. */
  readonly why: string
}

/** The levels of options that are left out one by one, by how their names begin. */
const LEVELS: readonly (readonly [RegExp, string])[] = [
  [/^SO_VM_SOCKETS_/, 'AF_VSOCK'],
  [/^SO_/, 'SOL_SOCKET'],
  [/^IP_/, 'IPPROTO_IP'],
  [/^IPV6_/, 'IPPROTO_IPV6'],
  [/^TCP_/, 'IPPROTO_TCP'],
  [/^([A-Z]+)_/, 'SOL_$1'],
]

function levelOf(name: string): string {
  const [pattern, level] = LEVELS.find(([pattern]) => pattern.test(name)) ?? [/^/, '']
  return (pattern.exec(name)?.[0] ?? '').replace(pattern, level)
}

/** Why an option or a level is not in the table, if it is in Linux's headers; undefined for any other name. */
export function leftOutOf(given: string): LeftOut | undefined {
  const name = given.toUpperCase()
  const { leftOut, leftOutLevels } = optionDocs()
  if (Object.hasOwn(leftOut, name))
    return { name, what: `a name of level ${levelOf(name)} in Linux's headers`, why: leftOut[name] as string }
  // A family has the name of its level, but for how both begin: AF_TIPC and SOL_TIPC.
  const ofFamily = name.replace(/^(AF|PF|IPPROTO)_|^(?=[A-Z\d]+$)/, 'SOL_')
  const level = leftOutLevels.find(
    ({ levels, options }) => levels.includes(name) || levels.includes(ofFamily) || new RegExp(options).test(name),
  )
  if (level === undefined || byName.has(name) || levelNamed(name) !== undefined) return undefined
  const { levels, what, why } = level
  const named = [name, ofFamily].find((one) => levels.includes(one))
  if (named !== undefined) return { name: named, what: `the level of ${what}`, why }
  return { name, what: `a name of level ${levels.join(' or ')}, ${what}`, why }
}

function resembling(name: string): string[] {
  const bare = name.replace(/^[A-Z]+\d?_/, '')
  if (bare.length < 3) return []
  const known = [...byName.keys()]
  const misspelt = known.filter((one) => isAlike(one, name))
  return [...new Set([...misspelt, ...known.filter((one) => one.includes(bare))])].slice(0, 8)
}
