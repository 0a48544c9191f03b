import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { describeInNamespace } from './support/namespace.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

const readme = readFileSync(`${root}README.md`, 'utf8')

/** The programs of the README, each with what it says it prints, where it says so. */
const programs = [...readme.matchAll(/```js\n(.*?)```(?:\s*It prints:\s*```\n(.*?)```)?/gs)].map(
  ([, code = '', prints]) => ({
    code,
    prints,
    title: code.split('\n').find((line) => line !== '' && !line.startsWith('import')) ?? '',
  }),
)

describeInNamespace('the programs of the README', () => {
  it('are several', () => expect(programs.length).toBeGreaterThan(3))

  it.each(programs)('runs: $title', async ({ code, prints }) => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code], {
      cwd: root,
    })
    expect(stderr).toBe('')
    if (prints !== undefined) expect(stdout.trim()).toBe(prints.trim())
  })
})
