import { expect } from 'vitest'
import { runCli } from './cli.ts'

/** An object `sockctl doctor --json` prints: a check, or the verdict at its end. */
export interface Line {
  check?: string
  status?: 'pass' | 'warn' | 'fail' | 'skip'
  says?: string
  fix?: string
  advice?: string
  certainty?: 'proven' | 'likely' | 'possible'
  flows?: boolean
  ruledOut?: string[]
  verdict?: string
  cause?: string
  delivered?: number
}

/** Runs `sockctl doctor --json ARGS...`. */
export async function diagnose(...args: string[]) {
  const { status, stderr, objects } = await runCli(['doctor', '--json', ...args])
  expect(stderr).toBe('')
  const lines = objects<Line>()
  const end = lines.at(-1) ?? {}
  return {
    status,
    verdict: end.verdict ?? '',
    cause: end.cause,
    certainty: end.certainty,
    fix: end.fix,
    flows: end.flows,
    ruledOut: end.ruledOut ?? [],
    delivered: end.delivered ?? 0,
    find: (check: string) => lines.find((line) => line.check === check),
    failed: lines.filter(({ status: found }) => found === 'fail').map(({ check }) => check),
  }
}
