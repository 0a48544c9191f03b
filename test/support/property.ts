// fast-check, as every property test here has it. With CI set all runs try the same values, so that what lands does not
// hang on chance; elsewhere each run tries others. PROPERTY_SEED repeats a run.
import fc from 'fast-check'

export type { Arbitrary } from 'fast-check'

const { CI, PROPERTY_SEED } = process.env
const seed = PROPERTY_SEED ?? (CI === undefined ? undefined : '1')
if (seed !== undefined) fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(seed) })

export { fc }
