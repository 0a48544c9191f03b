import { addAbortListener } from 'node:events'

interface Listening {
  readonly acts: Set<() => void>
  readonly listener: Disposable
}

const listening = new WeakMap<AbortSignal, Listening>()

/**
 * Does something when a signal is aborted, until what it gives is called. Whatever the number of these, a signal has one
 * listener: with more than ten Node warns of a leak, and one signal that ends all of a program's sockets is none.
 */
export function onAbort(signal: AbortSignal, act: () => void): () => void {
  const known = listening.get(signal) ?? listen(signal)
  known.acts.add(act)
  return () => {
    if (!known.acts.delete(act) || known.acts.size > 0) return
    known.listener[Symbol.dispose]()
    listening.delete(signal)
  }
}

function listen(signal: AbortSignal): Listening {
  const acts = new Set<() => void>()
  const listener = addAbortListener(signal, () => {
    for (const act of acts) act()
  })
  const begun = { acts, listener }
  listening.set(signal, begun)
  return begun
}
