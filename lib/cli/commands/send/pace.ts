// Keeps sending to a rate.

import { setImmediate, setTimeout } from 'node:timers/promises'
import { InvalidArgumentError } from 'commander'
import { quantity } from '../../shell/parsers.ts'

/** A number of datagrams, or of bits of payload, a second. */
export interface Rate {
  readonly value: number
  readonly unit: 'datagrams' | 'bits'
}

/** Parses a rate in datagrams a second, `500` or `200k`, or in bits a second, `8Mbit`. */
export function rate(text: string): Rate {
  const [, number = '', bits = ''] = /^(.*?)(bits?|bps)?(?:\/s)?$/i.exec(text) ?? []
  const value = quantity(number)
  if (value === 0) throw new InvalidArgumentError('A rate above 0 is needed.')
  return { value, unit: bits === '' ? 'datagrams' : 'bits' }
}

/** Says how many datagrams a rate allows. After a pause it catches up at most a tenth of a second. */
export interface Pace {
  /** Waits until at least one datagram may be sent, and gives how many may. Rejects once the signal is aborted. */
  due(signal: AbortSignal): Promise<number>
  /** Tells how much was sent. */
  spend(datagrams: number, bytes: number): void
}

const MAX_BURST = 1024
const MAX_CREDIT_SECONDS = 0.1

/** @param size the expected size of a datagram in bytes */
export function pace(rate: Rate | undefined, size: number): Pace {
  // Even without a limit, signals and timers get their turn between two batches.
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
