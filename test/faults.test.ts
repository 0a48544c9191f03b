import { expect, it } from 'vitest'
import { sweepAll, sweepSubcommands } from './support/faults.mjs'
import { cycles } from './support/life-cycles.mjs'
import { describeInNamespace } from './support/namespace.ts'
import { buildPreload } from './support/preload.mjs'

/** Faults that are known, by the number in the project's list; empty once all are mended. */
const KNOWN: Record<string, RegExp> = {}

const unknown = ({ cycle, call, problems }: { cycle: string; call: string; problems: readonly string[] }): string[] =>
  problems
    .filter((problem) => !KNOWN[`${cycle} ${call}`]?.test(problem))
    .map((problem) => `${cycle} ${call} ${problem}`)

// All errors of all functions in all cycles: npm run test:faults.
describeInNamespace('where the kernel refuses any one call', () => {
  const library = buildPreload('faults')

  it.each(Object.keys(cycles))(
    '%s settles, leaks nothing and says which call it was',
    async (cycle) => {
      const sweeps = await sweepAll({ library, cycles: [cycle], errors: ['EMFILE'] })
      expect(sweeps.flatMap(unknown)).toEqual([])
      expect(sweeps.reduce((sum, { reached }) => sum + reached, 0)).toBeGreaterThan(0)
    },
    60_000,
  )

  it('interfaces ends with a line, and no stack trace', async () => {
    const sweeps = await sweepSubcommands({ library, names: ['interfaces'], errors: ['ENOMEM'] })
    expect(sweeps.flatMap(unknown)).toEqual([])
    expect(sweeps.length).toBeGreaterThan(0)
  }, 60_000)
})
