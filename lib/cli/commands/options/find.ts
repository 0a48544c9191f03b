// Finds options by their C names.

import * as table from '../../../options/index.ts'
import { type AnyOption, type OptionParts, partsOf } from '../../../options/option.ts'
import { UsageError } from '../../shell/failure.ts'
import { quoted } from '../../shell/printable.ts'
import { optionDocs } from './docs.ts'

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
  const alike = resembling(name)
  throw new UsageError(
    `unknown option ${quoted(given)}${alike.length > 0 ? `; there are ${alike.join(', ')}` : ': sockctl options lists them'}`,
  )
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
  const level = leftOutLevels.find(({ levels, options }) => levels.includes(name) || new RegExp(options).test(name))
  if (level === undefined || byName.has(name)) return undefined
  const { levels, what, why } = level
  const isLevel = levels.includes(name)
  // A level of the table that has some options more, as IPPROTO_IP has those of netfilter.
  if (isLevel && ALL_OPTIONS.some((option) => option.level === name)) return undefined
  return { name, what: isLevel ? `the level of ${what}` : `an option of level ${levels.join(' or ')}, ${what}`, why }
}

function resembling(name: string): string[] {
  const bare = name.replace(/^[A-Z]+\d?_/, '')
  if (bare.length < 3) return []
  return [...byName.keys()].filter((known) => known.includes(bare)).slice(0, 8)
}
