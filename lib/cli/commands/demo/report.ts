// How `sockctl demo` shows its steps: as a table for a person, or as an object a step.

import type { Output } from '../../shell/output.ts'
import { DATAGRAMS_PER_STEP, GROUP, SOURCES, STEPS } from './steps.ts'

/** Datagrams of each of `SOURCES`, in the same order. */
export type Counts = readonly number[]

export interface DemoReport {
  start(): void
  step(number: number, title: string, arrived: Counts, expected: Counts): void
  end(right: boolean): void
}

export const areEqual = (arrived: Counts, expected: Counts): boolean =>
  expected.every((count, index) => count === arrived[index])

export function createDemoReport(out: Output): DemoReport {
  return out.json ? jsonReport(out) : tableReport(out)
}

function tableReport({ line, paint }: Output): DemoReport {
  const titleWidth = Math.max(...STEPS.map(({ title }) => title.length)) + 2
  const cell = (arrived: number, expected: number): string => {
    const text = `${arrived} of ${expected}`.padEnd(12)
    if (arrived !== expected) return paint.bad(text)
    return expected > 0 ? paint.good(text) : paint.dim(text)
  }
  return {
    start: () => {
      line(`Three processes each send ${DATAGRAMS_PER_STEP} datagrams a step to ${GROUP} on loopback.`)
      line('Arrived, of those expected, by source:\n')
      line(paint.strong(`   ${'step'.padEnd(titleWidth)}${SOURCES.map((source) => source.padEnd(12)).join('')}`))
    },
    step: (number, title, arrived, expected) => {
      const cells = arrived.map((count, index) => cell(count, expected[index] ?? 0)).join('')
      const verdict = areEqual(arrived, expected) ? paint.good('ok') : paint.bad('WRONG')
      line(`${number}  ${title.padEnd(titleWidth)}${cells}${verdict}`)
    },
    end: (right) => line(right ? '\nEvery count is as expected.' : paint.bad('\nSome counts are not as expected.')),
  }
}

function jsonReport({ object }: Output): DemoReport {
  return {
    start: () => {},
    step: (step, title, arrived, expected) => object({ step, title, sources: SOURCES, arrived, expected }),
    end: () => {},
  }
}
