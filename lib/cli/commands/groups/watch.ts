// Watches joins and leaves on this host, by the kernel's notices and by its lists.

import type { MulticastNotice } from '../../../kernel/rtnl-multicast.ts'
import { createChangeTracker, type GroupChange } from './changes.ts'
import { type HostGroups, isHeldForReading } from './host-groups.ts'
import { listenForNotices } from './notices.ts'

/**
 * In milliseconds: how often to read the lists if the kernel gives notices, which do not tell changed sources and
 * users.
 */
const POLL_WITH_NOTICES = 1000
/** In milliseconds: how often to read the lists if the kernel gives no notices. */
const POLL_WITHOUT_NOTICES = 250

export interface GroupWatch {
  /** `netlink`: no join or leave is missed. `proc`: a group joined and left between two readings is missed. */
  readonly by: 'netlink' | 'proc'
  changes(): AsyncGenerator<GroupChange[], void>
}

/** Watches joins and leaves on this host, until `stop`. */
export async function watchGroups(groups: HostGroups, stop: AbortSignal): Promise<GroupWatch> {
  const heard: MulticastNotice[] = []
  let wake = (): void => {}
  stop.addEventListener('abort', () => wake(), { once: true })
  const hasNotices = await listenForNotices(stop, (notices) => {
    // Reading the lists causes joins and leaves of its own.
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
