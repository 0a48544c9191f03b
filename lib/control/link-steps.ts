// What happened to interfaces, in steps that memberships follow.
import type { Alarm } from '../base/alarm.ts'
import type { LinkState, LinkStep } from '../kernel/link-table.ts'
import { forgets, impediment, isTakenByMaster, type Links } from './link-condition.ts'

/** What an interface became, at a time of `performance.now()`. */
export interface KeptStep {
  /** Steps are numbered in the order in which they happened. */
  readonly number: number
  readonly index: number
  /** Undefined if the interface is gone. */
  readonly after: LinkState | undefined
  /** Whether another interface takes its datagrams. */
  readonly isTaken: boolean
  readonly at: number
}

export interface LinkSteps {
  note(step: LinkStep, links: Links): void
  /** An interface was removed before anybody watched. */
  noteMissing(index: number): void
  /** The steps since the last call, in their order. */
  take(): KeptStep[]
  /** The number of the newest step. */
  readonly newest: number
  /** When an interface went down, if that is not a step yet. */
  wentDownAt(index: number): number | undefined
}

/**
 * An interface that is deleted goes down first, and the kernel may take this long between the two notices, in
 * milliseconds. Within, the removal is told alone.
 */
const REMOVAL_WITHIN = 100

/** `onStep` is called if a step is there by the time alone. */
export function createLinkSteps(alarm: Alarm, onStep: () => void): LinkSteps {
  let steps: KeptStep[] = []
  let newest = 0
  const goingDown = new Map<number, KeptStep>()

  const release = (): void => {
    const now = performance.now() + 1
    for (const [index, step] of goingDown) {
      if (step.at + REMOVAL_WITHIN > now) {
        alarm.set(release, step.at + REMOVAL_WITHIN)
        break
      }
      goingDown.delete(index)
      steps.push(step)
    }
    onStep()
  }

  return {
    note: ({ before, after }, links) => {
      const index = (after ?? before)?.index ?? 0
      newest++
      const step = {
        number: newest,
        index,
        after,
        isTaken: isTakenByMaster(after, links),
        at: performance.now(),
      }
      const held = goingDown.get(index)
      if (after !== undefined && isDown(after)) {
        if (held !== undefined && held.after?.name === after.name) return
        if (before !== undefined && !isDown(before)) {
          goingDown.set(index, step)
          alarm.set(release, step.at + REMOVAL_WITHIN)
          return
        }
      }
      goingDown.delete(index)
      if (held === undefined) steps.push(step)
      else if (after === undefined) steps.push({ ...step, at: held.at })
      else steps.push(held, step)
    },
    noteMissing: (index) => {
      newest++
      steps.push({ number: newest, index, after: undefined, isTaken: false, at: performance.now() })
    },
    get newest() {
      return newest
    },
    take: () => {
      const taken = steps
      steps = []
      return taken
    },
    wentDownAt: (index) => goingDown.get(index)?.at,
  }
}

/** Down, and no worse: the kernel keeps the memberships. */
const isDown = (link: LinkState): boolean =>
  !forgets(link, 'ipv6') && impediment(link, 'ipv4', false) === 'interface-down'
