import type { MulticastNotice } from '../../../kernel/rtnl-multicast.ts'
import { createChanges, type GroupChange } from './changes.ts'
import { type HostGroups, isHeldToRead } from './host-groups.ts'
import { listenForNotices } from './notices.ts'

/** How often the lists are read where the kernel tells of joins and leaves, for the sources and sockets it is silent on. */
const BESIDE_NOTICES = 1000
/** And where it does not. */
const WITHOUT_NOTICES = 250

export interface Watch {
  /** `netlink`: each join and leave is told. `proc`: those that are over between two looks are missed. */
  readonly by: 'netlink' | 'proc'
  changes(): AsyncGenerator<GroupChange[], void>
}

/** Joins and leaves of this host from now on, until `stop`. */
export async function watchGroups(groups: HostGroups, stop: AbortSignal): Promise<Watch> {
  const heard: MulticastNotice[] = []
  let wake = (): void => {}
  stop.addEventListener('abort', () => wake(), { once: true })
  const told = await listenForNotices(stop, (notices) => {
    // Reading the lists joins something itself.
    const others = notices.filter(({ index, group }) => !isHeldToRead(index, group))
    if (others.length === 0) return
    heard.push(...others)
    wake()
  })
  const changes = createChanges(groups.read())
  const period = told ? BESIDE_NOTICES : WITHOUT_NOTICES

  const pause = (): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, period)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  return {
    by: told ? 'netlink' : 'proc',
    async *changes() {
      while (!stop.aborted) {
        if (heard.length === 0) await pause()
        if (stop.aborted) return
        const notices = heard.splice(0)
        const happened = changes.since(notices, groups.read())
        if (happened.length > 0) yield happened
      }
    },
  }
}
