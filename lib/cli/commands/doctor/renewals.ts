// Reports this host's memberships anew if the stream stays away, and watches whether the stream comes back.

import type { Receiver } from '../../../index.ts'
import type { HostMembership } from '../../../kernel/proc-net.ts'
import type { Renewal } from './observation.ts'
import { reportAnew } from './report-anew.ts'
import type { Watch } from './watch.ts'

/** In milliseconds: after so long without a datagram the memberships are reported anew. */
const SILENCE = 2000
/** In milliseconds: a stream that had come is missed earlier. */
const SHORT_SILENCE = 1500
/** A pause of so many times the longest gap before is no pause of the sender's own. */
const MANY_GAPS = 10
/** In milliseconds: a switch that hears a report forwards at once. */
const SOON = 400
/** A stream whose gaps are so many times shorter than the silence before has come back to stay. */
const STEADY = 3
const MAX_RENEWALS = 3

interface Event {
  readonly at: number
  readonly silentFor: number
}

export interface Renewals {
  /** The next join of the doctor's own may be what reports the memberships anew. */
  expect(by: 'join'): void
  /** Reports the memberships anew, if it is time. */
  tick(receiver: Receiver, membership: HostMembership | undefined): Promise<void>
  /** Whether the outcome of the last one is still to be seen. */
  isPending(): boolean
  outcomes(): Renewal[]
}

interface Beginning {
  readonly watch: Watch
  /** Whether nothing had come since `since`, although the group was joined. */
  readonly wasSilent: boolean
  readonly since: number
}

export function createRenewals({ watch, wasSilent, since }: Beginning): Renewals {
  const events: Event[] = []
  const joinedAt = performance.now()
  const { arrivals } = watch

  /** The longest time between two datagrams since the last renewal: the silence before that was none of the sender's. */
  const longestGap = (): number => {
    const since = events.at(-1)?.at ?? 0
    const recent = arrivals.filter((at) => at >= since).slice(-100)
    return Math.max(0, ...recent.slice(1).map((at, index) => at - (recent[index] ?? at)))
  }
  const silentSince = (): number => arrivals.at(-1) ?? (wasSilent ? since : joinedAt)

  const outcomeOf = ({ at, silentFor }: Event): Renewal => {
    const after = arrivals.filter((time) => time >= at)
    const [first] = after
    const now = performance.now()
    const gaps = [...after.slice(1), now].map((time, index) => time - (after[index] ?? time))
    return {
      silentFor,
      backAfter: first === undefined ? undefined : first - at,
      reported: watch.reports.some((report) => report.at >= at && (first === undefined || report.at <= first)),
      steady: after.length > 2 && Math.max(...gaps) <= silentFor / STEADY,
    }
  }

  return {
    expect() {
      if (wasSilent) events.push({ at: performance.now(), silentFor: performance.now() - since })
    },
    async tick(receiver, membership) {
      if (watch.captureRefused !== undefined || events.length >= MAX_RENEWALS) return
      const now = performance.now()
      const silentFor = now - silentSince()
      const patience = arrivals.length === 0 ? SILENCE : Math.max(SHORT_SILENCE, MANY_GAPS * longestGap())
      const last = events.at(-1)
      if (silentFor < patience || (last !== undefined && arrivals.length === 0 && events.length > 1)) return
      if (last !== undefined && now - last.at < patience) return
      events.push({ at: now, silentFor })
      await reportAnew(receiver, membership)
    },
    isPending() {
      const last = events.at(-1)
      if (last === undefined) return false
      const { backAfter } = outcomeOf(last)
      const passed = performance.now() - last.at
      return backAfter === undefined ? passed < SOON : backAfter <= SOON && passed < backAfter + last.silentFor
    },
    outcomes: () => events.map(outcomeOf),
  }
}

const broughtBack = ({ backAfter, reported }: Renewal): boolean =>
  backAfter !== undefined && backAfter <= SOON && reported

/** A renewal that brought the stream back, and whether that is proof that the network had forgotten this host. */
export interface Forgotten {
  readonly renewal: Renewal
  /** A stream that comes in bursts may begin one by chance at that time. It does not stay, nor come back twice. */
  readonly isProven: boolean
}

export function forgottenBy(renewals: readonly Renewal[]): Forgotten | undefined {
  const back = renewals.filter(broughtBack)
  const [first] = back
  const steady = back.find((one) => one.steady)
  if (first === undefined) return undefined
  return { renewal: steady ?? first, isProven: steady !== undefined || back.length > 1 }
}
