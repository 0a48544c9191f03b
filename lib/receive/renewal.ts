// When the channels of a receiver are renewed by themselves: after a silence, and when the querier of their link changes.
import type { Alarm } from '../base/alarm.ts'
import type { Keeper } from '../control/keeper.ts'
import type { Datagram } from '../datagram/datagram.ts'
import { familyOf } from '../net/address.ts'
import { type QuerierWatch, watchQueriers } from './queriers.ts'
import { createSilenceWatch } from './silence.ts'

/** In milliseconds: a little more than the 125 s between two queries. RFC 3376 8.2 */
const DEFAULT_RENEW_AFTER = 130_000
/** In milliseconds, behind the time of a query. */
const GRACE = 5000

interface RenewalPlan {
  readonly alarm: Alarm
  /** The silence after which a channel is renewed, in milliseconds; undefined: by the querier that is heard. */
  readonly renewAfter: number | undefined
  readonly keeper: () => Keeper
}

interface Renewal {
  /** Notes each batch. Nothing is done before the first datagram. */
  onBatch(batch: readonly Datagram[]): void
  close(): Promise<void>
}

export function createRenewal({ alarm, renewAfter, keeper }: RenewalPlan): Renewal {
  let opening: Promise<QuerierWatch> | undefined
  let queriers: QuerierWatch | undefined
  let isClosed = false

  const close = async (): Promise<void> => {
    isClosed = true
    await (await opening)?.close()
  }

  const hear = async (): Promise<void> => {
    if (isClosed || opening !== undefined) return
    opening = watchQueriers({
      changed: (interfaceIndex, family) => keeper().renewOn(interfaceIndex, family, 'querier-changed'),
      paced: () => {
        if (renewAfter === undefined && !isClosed) silence.check()
      },
    })
    queriers = await opening
  }

  const patience = (group: string, interfaceIndex: number): number => {
    const interval = queriers?.intervalOf(familyOf(group), interfaceIndex)
    return renewAfter ?? (interval === undefined ? DEFAULT_RENEW_AFTER : interval + GRACE)
  }

  const silence = createSilenceWatch({
    alarm,
    after: patience,
    tell: ({ group, interfaceIndex, seenAt }) => keeper().renewSilent(group, interfaceIndex, seenAt),
    onFirst: () => void hear(),
  })
  return { onBatch: silence.note, close }
}
