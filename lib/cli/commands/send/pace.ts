import { setImmediate, setTimeout } from 'node:timers/promises'

/** So many datagrams, or bits of payload, a second. */
export interface Rate {
  readonly value: number
  readonly unit: 'datagrams' | 'bits'
}

/** Lets through what a rate allows, without making up for more than a tenth of a second of silence. */
export interface Pace {
  /** How many may go now; waits until it is at least one. Rejects once the signal is aborted. */
  due(signal: AbortSignal): Promise<number>
  spend(datagrams: number, bytes: number): void
}

const MAX_BURST = 1024
const MAX_CREDIT_SECONDS = 0.1

/** @param size what a datagram is expected to have, in bytes */
export function pace(rate: Rate | undefined, size: number): Pace {
  // Whatever the rate, signals and timers come through in between.
  const yieldToEvents = (signal: AbortSignal): Promise<unknown> => setImmediate(undefined, { signal })
  if (rate === undefined) return { due: (signal) => yieldToEvents(signal).then(() => MAX_BURST), spend: () => {} }
  const { value, unit } = rate
  const costOfOne = unit === 'bits' ? Math.max(1, size) * 8 : 1
  const maxCredit = Math.max(costOfOne, value * MAX_CREDIT_SECONDS)
  let credit = costOfOne
  let lastRefill = performance.now()
  const refill = (): void => {
    const now = performance.now()
    credit = Math.min(maxCredit, credit + ((now - lastRefill) / 1000) * value)
    lastRefill = now
  }
  return {
    async due(signal) {
      await yieldToEvents(signal)
      refill()
      while (credit < costOfOne) {
        await setTimeout(Math.max(1, Math.min(2 ** 30, ((costOfOne - credit) / value) * 1000)), undefined, { signal })
        refill()
      }
      return Math.min(MAX_BURST, Math.floor(credit / costOfOne))
    },
    spend: (datagrams, bytes) => {
      credit -= unit === 'bits' ? bytes * 8 : datagrams
    },
  }
}
