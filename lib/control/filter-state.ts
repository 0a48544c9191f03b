// What the memberships of one group on one interface amount to: a source filter, as the kernel keeps one for each.

import type { FilterMode } from '../binding/native.ts'

export interface FilterState {
  /** `none`: there is no membership. */
  readonly mode: FilterMode
  /** The only sources taken (`include`), or the only ones not taken (`exclude`). */
  readonly sources: readonly string[]
}

/** A membership as far as its filter goes: of one source, or of any source but the blocked ones. */
export interface FilteredMembership {
  readonly source?: string | undefined
  readonly blocked?: readonly string[]
}

/**
 * The filter that memberships of one group on one interface make together. The kernel takes a source-specific one beside
 * other source-specific ones only, so the first tells of which kind they are.
 */
export function filterOf(memberships: readonly FilteredMembership[]): FilterState {
  const [first] = memberships
  if (first === undefined) return { mode: 'none', sources: [] }
  if (first.source === undefined) return { mode: 'exclude', sources: first.blocked ?? [] }
  return { mode: 'include', sources: memberships.flatMap(({ source }) => source ?? []) }
}

/** The memberships that make a filter: the other way round. */
export function membershipsOf({ mode, sources }: FilterState): FilteredMembership[] {
  if (mode === 'exclude') return [{ source: undefined, blocked: sources }]
  return sources.map((source) => ({ source }))
}
