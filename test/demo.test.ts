import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const demo = (...args: string[]) =>
  promisify(execFile)(process.execPath, [`${root}dist/cli/main.js`, 'demo', ...args], { cwd: root })

const trimmed = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
    .trim()

it('prints what the README shows, without colour in a pipe', async () => {
  const readme = readFileSync(`${root}README.md`, 'utf8')
  const [, shown = ''] = /by `npx sockctl demo`:\n\n```\n(.*?)```/s.exec(readme) ?? []
  const { stdout } = await demo()
  expect(trimmed(stdout)).toBe(trimmed(shown))
})

it('tells each step as JSON, every count as expected', async () => {
  const { stdout } = await demo('--json')
  const steps = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(steps.length).toBe(8)
  for (const { arrived, expected } of steps) expect(arrived).toEqual(expected)
})
