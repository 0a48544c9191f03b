// A loop over watchInterfaces in the background, and the netlink sockets of this process.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { type Interface, type InterfaceChange, watchInterfaces } from 'sockctl'
import { onTestFinished } from 'vitest'

/** Changes that a watch has told, and a wait for others. */
export interface Watching {
  /** All changes told, the oldest first. */
  readonly changes: readonly InterfaceChange[]
  /** The interfaces by the changes told: the newest of each. */
  readonly known: ReadonlyMap<number, Interface>
  /** Waits until what was told is as wanted. */
  until(isRight: () => boolean): Promise<void>
  /** The changes that matter to `isWanted` since the last call, once there are `count`. */
  next(count: number, isWanted?: (change: InterfaceChange) => boolean): Promise<InterfaceChange[]>
  /** Ends the watch, and waits for the loop's end. */
  end(): Promise<void>
}

/** Starts a watch, which ends with the test, once it has told what is there. */
export async function watching(): Promise<Watching> {
  const ending = new AbortController()
  const changes: InterfaceChange[] = []
  const known = new Map<number, Interface>()
  let told = (): void => {}
  let failure: unknown
  const loop = (async () => {
    for await (const change of watchInterfaces({ signal: ending.signal })) {
      changes.push(change)
      if (change.type === 'removed') known.delete(change.interface.index)
      else known.set(change.interface.index, change.interface)
      told()
    }
  })().catch((error) => {
    failure = error
    told()
  })
  const until = async (isRight: () => boolean): Promise<void> => {
    while (!isRight()) {
      if (failure !== undefined) throw failure
      await new Promise<void>((resolve) => {
        told = resolve
      })
    }
  }
  let from = 0
  const watch: Watching = {
    changes,
    known,
    until,
    next: async (count, isWanted = () => true) => {
      const found = (): InterfaceChange[] => changes.slice(from).filter(isWanted)
      await until(() => found().length >= count)
      const all = found()
      from = changes.length
      return all
    },
    end: async () => {
      ending.abort()
      await loop
    },
  }
  onTestFinished(() => watch.end())
  // lo is in every namespace, and told first.
  await until(() => changes.length > 0)
  return watch
}

/** A socket of rtnetlink(7) that receives notices. */
export interface RtnlSocket {
  fd: number
  /** Notices that the kernel had no room for. */
  drops: number
}

/** The sockets of this process that receive notices of rtnetlink(7). */
export function rtnlSockets(): RtnlSocket[] {
  const rows = readFileSync('/proc/self/net/netlink', 'utf8')
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, protocol, , groups]) => protocol === '0' && groups !== '00000000')
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    let name = ''
    try {
      name = readlinkSync(`/proc/self/fd/${fd}`)
    } catch {
      // The directory's own descriptor is closed by now.
    }
    const row = rows.find((words) => name === `socket:[${words[9]}]`)
    return row === undefined ? [] : [{ fd: Number(fd), drops: Number(row[8]) }]
  })
}
