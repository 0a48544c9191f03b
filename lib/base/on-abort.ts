// Acts when a signal is aborted, with one listener a signal.

import { addAbortListener } from 'node:events'

interface Listening {
  readonly acts: Set<() => void>
  readonly listener: Disposable
}

const listening = new WeakMap<AbortSignal, Listening>()

/**
 * Acts when a signal is aborted, until the returned function is called. A signal gets one listener, however many actions
 * there are: Node warns of a leak with more than ten listeners, and one signal may well end all sockets of a program.
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
