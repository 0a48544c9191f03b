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

const BURST = 1024
const CREDIT = 0.1

/** @param size what a datagram is expected to have, in bytes */
export function pace(rate: Rate | undefined, size: number): Pace {
  // Whatever the rate, signals and timers come through in between.
  const breathe = (signal: AbortSignal): Promise<unknown> => setImmediate(undefined, { signal })
  if (rate === undefined) return { due: (signal) => breathe(signal).then(() => BURST), spend: () => {} }
  const { value, unit } = rate
  const each = unit === 'bits' ? Math.max(1, size) * 8 : 1
  const most = Math.max(each, value * CREDIT)
  let credit = each
  let last = performance.now()
  const refill = (): void => {
    const now = performance.now()
    credit = Math.min(most, credit + ((now - last) / 1000) * value)
    last = now
  }
  return {
    async due(signal) {
      await breathe(signal)
      refill()
      while (credit < each) {
        await setTimeout(Math.max(1, Math.min(2 ** 30, ((each - credit) / value) * 1000)), undefined, { signal })
        refill()
      }
      return Math.min(BURST, Math.floor(credit / each))
    },
    spend: (datagrams, bytes) => {
      credit -= unit === 'bits' ? bytes * 8 : datagrams
    },
  }
}
