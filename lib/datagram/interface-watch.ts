// Calls listeners when this host's interfaces change. All listeners of a thread share one socket of rtnetlink(7).
import type { LinkState, LinkTable } from '../kernel/link-table.ts'
import { createSynchroniser, type LinkChange, type Synchroniser } from './link-synchroniser.ts'
import { openRtnlSocket, type RtnlSocket } from './rtnl-socket.ts'

export type LinkListener = (change: LinkChange) => void

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

interface User extends LinkWatchOptions {
  readonly listener: LinkListener
}

/** What all watches of a thread share. */
interface Engine {
  readonly table: LinkTable
  readonly users: Set<User>
  readonly holders: Set<User>
  hold(): void
  hearRoutes(): void
  close(): Promise<void>
}

// Each thread loads this module anew, and has its own engine.
let shared: { readonly opened: Promise<Engine>; watches: number } | undefined

/**
 * Calls the listener when the interfaces change, in a tick of its own for each change, until the watch is closed. All
 * watches of a thread share one socket. The event loop is not kept alive once the watch is open.
 */
export async function watchLinks(listener: LinkListener, options: LinkWatchOptions = {}): Promise<LinkWatch> {
  shared ??= { opened: openEngine(), watches: 0 }
  const own = shared
  own.watches++
  const release = async (engine: Engine): Promise<void> => {
    if (--own.watches > 0) return
    if (shared === own) shared = undefined
    await engine.close()
  }
  let engine: Engine
  try {
    engine = await own.opened
  } catch (error) {
    if (shared === own) shared = undefined
    throw error
  }
  const user: User = { ...options, listener }
  engine.users.add(user)
  const leave = (): boolean => {
    engine.holders.delete(user)
    return engine.users.delete(user)
  }
  try {
    engine.hearRoutes()
  } catch (error) {
    leave()
    await release(engine)
    throw error
  }
  return {
    table: engine.table,
    hold: (alive) => {
      if (alive && engine.users.has(user)) engine.holders.add(user)
      else engine.holders.delete(user)
      engine.hold()
    },
    close: async () => {
      if (!leave()) return
      engine.hold()
      engine.hearRoutes()
      await release(engine)
    },
  }
}

async function openEngine(): Promise<Engine> {
  const socket = await openRtnlSocket()
  try {
    const table: LinkTable = new Map()
    const users = new Set<User>()
    const holders = new Set<User>()
    const tell = (change: LinkChange): void => {
      for (const user of users)
        if (change.type !== 'routes' || user.routes === true) process.nextTick(callListener, users, user, change)
    }
    const synchroniser = createSynchroniser(socket, table, tell)
    socket.reader.hold(true)
    void readNotices(socket, synchroniser)
    await synchroniser.begun
    socket.reader.hold(false)
    let hearsRoutes = false
    return {
      table,
      users,
      holders,
      hold: () => socket.reader.hold(holders.size > 0),
      hearRoutes: () => {
        const wanted = [...users].some(({ routes }) => routes === true)
        if (wanted === hearsRoutes) return
        socket.hearRoutes(wanted)
        hearsRoutes = wanted
      },
      close: () => {
        synchroniser.close()
        return socket.close()
      },
    }
  } catch (error) {
    await socket.close()
    throw error
  }
}

function callListener(users: ReadonlySet<User>, user: User, change: LinkChange): void {
  if (users.has(user)) user.listener(change)
}

async function readNotices({ reader }: RtnlSocket, synchroniser: Synchroniser): Promise<void> {
  for (;;) {
    try {
      const batch = await reader.next()
      if (batch === undefined) return
      synchroniser.take(batch)
    } catch {
      // ENOBUFS: the kernel had no room for all notices.
      synchroniser.lose()
    }
  }
}
