// Tries one mutant: builds it if need be, and runs the tests that reach it until one fails.
import { ACTIVE_MUTANT } from './instrument.mjs'
import { buildMutant, install } from './native-build.mjs'
import { runTests } from './run-tests.mjs'

/**
 * `{ outcome, by, test, message }`: 'killed', 'timed out', 'survived', 'not covered', or why there was nothing to try.
 * @param place the tree and the scratch folder of this job
 */
export async function tryMutant(mutant, killers, place, built) {
  if (killers.length === 0 && mutant.id !== undefined) return { outcome: 'not covered' }
  if (mutant.id !== undefined) return verdict(place.tree, killers, { [ACTIVE_MUTANT]: mutant.id })
  const outcome = await buildMutant(place.tree, mutant, built.pristine, place.scratch)
  if (outcome !== 'built') return { outcome }
  try {
    return killers.length === 0 ? { outcome: 'not covered' } : await verdict(place.tree, killers, {})
  } finally {
    install(place.tree, built.addon)
  }
}

/** A failure counts if the file fails a second time: under load, or by chance, any test may fail once. */
async function verdict(tree, killers, variables) {
  let left = killers
  while (left.length > 0) {
    const { failed } = await runTests(tree, left, variables)
    if (failed === undefined) break
    const suspect = left.findIndex(({ file }) => file === failed)
    const again = await runTests(tree, [left[suspect]], variables)
    if (again.failed !== undefined) {
      const { timedOut, test, message } = again
      return { outcome: timedOut ? 'timed out' : 'killed', by: failed, test, message: message.slice(0, 300) }
    }
    left = left.slice(suspect + 1)
  }
  return { outcome: 'survived' }
}
