// Attempts of which the first to succeed wins, begun one after the other without waiting for the last to fail. RFC 8305 5

import { onAbort } from '../base/on-abort.ts'

/** Begins an attempt, which closes what it opened and rejects once the signal is aborted. */
export type Attempt<T> = (signal: AbortSignal) => Promise<T>

export interface Attempts<T> {
  readonly attempts: readonly Attempt<T>[]
  /** Milliseconds after which the next attempt begins though the last is still under way. */
  readonly delay: number
  /** Ends them all. */
  readonly signal: AbortSignal | undefined
  /** Closes what a second attempt brought, in the moment in which the first had won. */
  readonly discard: (second: T) => Promise<void>
  /** Whether an error would be that of every attempt: then it is thrown at once, and no other attempt begins. */
  readonly isFinal: (error: unknown) => boolean
}

/** What came of the attempts: the first success, or the error of each. */
export type AttemptsOutcome<T> = { readonly value: T } | { readonly errors: readonly unknown[] }

/**
 * Begins the attempts in their order, each when the one before has failed or the delay is over. The first to succeed ends the
 * others. Settles when no attempt is under way any more.
 *
 * Throws a final error, and the signal's reason if the signal is aborted.
 */
export async function firstToSucceed<T>(asked: Attempts<T>): Promise<AttemptsOutcome<T>> {
  const { attempts, delay, signal, discard, isFinal } = asked
  const ending = new AbortController()
  const underWay = new Set<Promise<void>>()
  const errors: unknown[] = []
  const found: { winner?: { readonly value: T }; final?: { readonly error: unknown } } = {}
  let begun = 0
  let timer: NodeJS.Timeout | undefined

  const end = (): void => {
    clearTimeout(timer)
    begun = attempts.length
    ending.abort()
  }

  const succeed = async (value: T): Promise<void> => {
    if (ending.signal.aborted) return discard(value)
    found.winner = { value }
    end()
  }

  const fail = (error: unknown, index: number): void => {
    if (ending.signal.aborted) return
    if (isFinal(error)) {
      found.final = { error }
      end()
    } else {
      errors.push(error)
      // If the last to begin has failed, the next has nothing to wait for.
      if (index === begun - 1) beginNext()
    }
  }

  const beginNext = (): void => {
    clearTimeout(timer)
    const index = begun
    const attempt = attempts[index]
    if (attempt === undefined) return
    begun++
    if (begun < attempts.length) timer = setTimeout(beginNext, delay)
    const ended: Promise<void> = attempt(ending.signal)
      .then(succeed, (error: unknown) => fail(error, index))
      .finally(() => underWay.delete(ended))
    underWay.add(ended)
  }

  signal?.throwIfAborted()
  const deafen = signal && onAbort(signal, end)
  beginNext()
  while (underWay.size > 0) await Promise.race(underWay)
  deafen?.()
  const { winner, final } = found
  if (signal?.aborted) {
    if (winner !== undefined) await discard(winner.value)
    throw signal.reason
  }
  if (final !== undefined) throw final.error
  return winner ?? { errors }
}
