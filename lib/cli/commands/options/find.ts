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
  const reason = optionDocs().leftOut[name]
  if (reason !== undefined) throw new UsageError(`${name} is not in the table: ${reason}`)
  const alike = resembling(name)
  throw new UsageError(
    `unknown option ${quoted(given)}${alike.length > 0 ? `; there are ${alike.join(', ')}` : ': sockctl options lists them'}`,
  )
}

function resembling(name: string): string[] {
  const bare = name.replace(/^[A-Z]+\d?_/, '')
  if (bare.length < 3) return []
  return [...byName.keys()].filter((known) => known.includes(bare)).slice(0, 8)
}
