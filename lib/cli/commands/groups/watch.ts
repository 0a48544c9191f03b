import type { MulticastNotice } from '../../../kernel/rtnl-multicast.ts'
import { createChangeTracker, type GroupChange } from './changes.ts'
import { type HostGroups, isHeldForReading } from './host-groups.ts'
import { listenForNotices } from './notices.ts'

/** How often the lists are read where the kernel tells of joins and leaves, for the sources and sockets it is silent on. */
const POLL_WITH_NOTICES = 1000
/** And where it does not. */
const POLL_WITHOUT_NOTICES = 250

export interface GroupWatch {
  /** `netlink`: each join and leave is told. `proc`: those that are over between two looks are missed. */
  readonly by: 'netlink' | 'proc'
  changes(): AsyncGenerator<GroupChange[], void>
}

/** Joins and leaves of this host from now on, until `stop`. */
export async function watchGroups(groups: HostGroups, stop: AbortSignal): Promise<GroupWatch> {
  const heard: MulticastNotice[] = []
  let wake = (): void => {}
  stop.addEventListener('abort', () => wake(), { once: true })
  const hasNotices = await listenForNotices(stop, (notices) => {
    // Reading the lists joins something itself.
    const others = notices.filter(({ index, group }) => !isHeldForReading(index, group))
    if (others.length === 0) return
    heard.push(...others)
    wake()
  })
  const changes = createChangeTracker(groups.read())
  const period = hasNotices ? POLL_WITH_NOTICES : POLL_WITHOUT_NOTICES

  const pause = (): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, period)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  return {
    by: hasNotices ? 'netlink' : 'proc',
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
