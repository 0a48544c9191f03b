import { readFileSync } from 'node:fs'
import { describe, it } from 'vitest'

const underCi = process.env.CI !== undefined && !['', 'false'].includes(process.env.CI)

/** True if scripts/test.mjs has put the tests into a network namespace of their own. */
export const inNamespace = process.env.SOCKCTL_TEST_NAMESPACE === '1'

/** True if the tests run as the machine's root, and not as the root of an ordinary user's namespace. */
export const hasRealRoot =
  process.platform === 'linux' &&
  process.getuid?.() === 0 &&
  /^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'utf8'))

/**
 * `describe` for tests that need something of the machine: `missing` says what it lacks. Then the tests are skipped
 * with that reason, and under CI, where nothing may be skipped, they fail with it.
 */
export function describeUnless(missing: string | undefined, name: string, tests: () => void): void {
  if (missing === undefined) {
    describe(name, tests)
  } else if (underCi) {
    describe(name, () => {
      it('has what it needs', () => {
        throw new Error(missing)
      })
    })
  } else {
    describe.skip(`${name} (skipped: ${missing})`, tests)
  }
}

export const namespaceMissing = inNamespace
  ? undefined
  : (process.env.SOCKCTL_TEST_NO_NAMESPACE ?? 'not in a network namespace: run npm test or node scripts/test.mjs')

/** `describe` for tests that change interfaces, routes or sysctls: never on the machine's own network. */
export function describeInNamespace(name: string, tests: () => void): void {
  describeUnless(namespaceMissing, name, tests)
}
