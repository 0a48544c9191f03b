// One table of the interfaces, one socket that keeps it, and those who are told of changes. A socket that fails is replaced.
import type { LinkTable } from '../kernel/link-table.ts'
import type { BatchReader } from './batch-reader.ts'
import { createSynchroniser, type LinkChange, type Synchroniser } from './link-synchroniser.ts'
import { openRtnlSocket, type RtnlSocket } from './rtnl-socket.ts'

export type LinkListener = (change: LinkChange) => void

export interface LinkUser {
  readonly listener: LinkListener
  /** Whether changes of routes are told. */
  readonly routes: boolean
  /** Whether the event loop is kept alive. */
  holds: boolean
}

export interface LinkEngine {
  readonly table: LinkTable
  readonly users: Set<LinkUser>
  /** Does what the users want now. Throws a SocketOptionError if routes are wanted, and the kernel refuses. */
  update(): void
  close(): Promise<void>
}

/** After the kernel refused a list of interfaces, or a socket, another is tried. */
const RETRY_AFTER = 1000

/** The table is filled when the engine is open. Until then the event loop is kept alive. */
export async function openLinkEngine(): Promise<LinkEngine> {
  const table: LinkTable = new Map()
  const users = new Set<LinkUser>()
  let socket: RtnlSocket | undefined
  let retry: NodeJS.Timeout | undefined
  let isClosed = false

  const tell = (change: LinkChange): void => {
    for (const user of users)
      if (change.type !== 'routes' || user.routes) process.nextTick(callListener, users, user, change)
  }

  const update = (): void => {
    const all = [...users]
    const alive = all.some(({ holds }) => holds)
    if (alive) retry?.ref()
    else retry?.unref()
    socket?.reader.hold(alive)
    socket?.hearRoutes(all.some(({ routes }) => routes))
  }

  const connect = async (): Promise<void> => {
    const own = await openRtnlSocket()
    try {
      await firstList(own)
      update()
    } catch (error) {
      socket = undefined
      await own.close()
      throw error
    }
    if (isClosed) await own.close()
  }

  /** Settles when the table is as the kernel says. */
  const firstList = (own: RtnlSocket): Promise<void> =>
    new Promise((resolve, reject) => {
      const synchroniser = createSynchroniser({
        socket: own,
        table,
        tell,
        onSynchronised: () => {
          socket = own
          resolve()
        },
        onFailure: (error) => {
          reject(error)
          if (socket === own) replaceSocket(own)
        },
      })
      own.reader.hold(true)
      void readNotices(own.reader, synchroniser)
    })

  const replaceSocket = (failed: RtnlSocket): void => {
    socket = undefined
    void failed.close()
    retryLater()
  }

  const retryLater = (): void => {
    if (isClosed) return
    retry = setTimeout(() => {
      retry = undefined
      connect().catch(retryLater)
    }, RETRY_AFTER)
    update()
  }

  await connect()
  return {
    table,
    users,
    update,
    close: async () => {
      isClosed = true
      clearTimeout(retry)
      await socket?.close()
    },
  }
}

function callListener(users: ReadonlySet<LinkUser>, user: LinkUser, change: LinkChange): void {
  if (users.has(user)) user.listener(change)
}

async function readNotices(reader: BatchReader, synchroniser: Synchroniser): Promise<void> {
  for (;;) {
    try {
      const batch = await reader.next()
      if (batch === undefined) break
      synchroniser.take(batch)
    } catch {
      // ENOBUFS: the kernel had no room for all notices.
      synchroniser.lose()
    }
  }
  synchroniser.close()
}
