// Calls listeners when this host's interfaces change. All listeners of a thread share one socket of rtnetlink(7).
import type { LinkState } from '../kernel/link-table.ts'
import { type LinkEngine, type LinkListener, openLinkEngine } from './link-engine.ts'

/** A watch over the interfaces. */
export interface LinkWatch {
  /** The interfaces as they are by the last notice, by index. Changes of this tick may be told in a later one. */
  readonly table: ReadonlyMap<number, LinkState>
  /** Whether the watch keeps the event loop alive. Default false. */
  hold(alive: boolean): void
  /** Ends the calls of the listener at once; the promise settles when the socket is closed, if this was the last watch. */
  close(): Promise<void>
}

export interface LinkWatchOptions {
  /** Whether changes of routes are told, too. On a router they are many. Default false. */
  readonly routes?: boolean
}

// Each thread loads this module anew, and has its own engine.
let shared: { readonly opened: Promise<LinkEngine>; watches: number } | undefined

/**
 * Calls the listener when the interfaces change, in a tick of its own for each change, until the watch is closed. The
 * event loop is not kept alive once the watch is open.
 */
export async function watchLinks(
  listener: LinkListener,
  { routes = false }: LinkWatchOptions = {},
): Promise<LinkWatch> {
  shared ??= { opened: openLinkEngine(), watches: 0 }
  const own = shared
  own.watches++
  let engine: LinkEngine
  try {
    engine = await own.opened
  } catch (error) {
    if (shared === own) shared = undefined
    throw error
  }
  const { table, users } = engine
  const user = { listener, routes, holds: false }
  users.add(user)
  const close = async (): Promise<void> => {
    if (!users.delete(user)) return
    if (--own.watches > 0) {
      engine.update()
      return
    }
    if (shared === own) shared = undefined
    await engine.close()
  }
  try {
    engine.update()
  } catch (error) {
    await close()
    throw error
  }
  return {
    table,
    hold: (alive) => {
      user.holds = alive
      engine.update()
    },
    close,
  }
}
