// The types of faults.mjs.
export interface Sweep {
  readonly cycle: string
  readonly call: string
  readonly error: string
  /** How many calls of the function there were, each failed once. */
  readonly reached: number
  readonly problems: readonly string[]
}

export interface SweepOptions {
  readonly library: string
  readonly functions?: readonly string[]
  readonly errors?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly report?: (sweep: Sweep) => void
}

export const FUNCTIONS: readonly string[]
export const ERRORS: readonly string[]
export function sweepAll(options: SweepOptions & { readonly cycles: readonly string[] }): Promise<Sweep[]>
export function sweepSubcommands(options: SweepOptions & { readonly names: readonly string[] }): Promise<Sweep[]>
