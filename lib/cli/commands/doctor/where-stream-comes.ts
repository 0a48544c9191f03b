// Looks by which interfaces a stream comes in, before one is chosen.

import { withoutZone } from '../../../net/address.ts'
import { openFrameCapture } from '../../capture/capture.ts'
import { readFrame } from './frame.ts'
import { hostRules } from './host-rules.ts'
import { filterForGroup } from './wire.ts'

/** What the user asked for, sources with their zones. */
export interface AskedChannel {
  readonly group: string
  readonly port: number | undefined
  readonly sources: readonly string[]
}

/** In milliseconds: how long to look for the first datagram. */
const LOOK = 700
/** In milliseconds: by then the datagram has come through a bridge, or up to a VLAN. */
const ALL_THE_WAY = 30

/**
 * The indexes of the interfaces by which datagrams come in that the kernel takes, in the order in which a datagram came by
 * them; none if none came, or if the wire can't be seen.
 */
export async function whereStreamComes(
  { group, port, sources }: AskedChannel,
  stop: AbortSignal,
): Promise<readonly number[]> {
  const indexes = new Set<number>()
  const wanted = new Set(sources.map(withoutZone))
  const rules = hostRules()
  const found = new AbortController()
  const end = AbortSignal.any([stop, found.signal, AbortSignal.timeout(LOOK)])
  try {
    await using capture = await openFrameCapture(filterForGroup(group))
    for await (const batch of capture.packets(end))
      for (const frame of batch) {
        const seen = readFrame(frame, rules)
        if (seen === undefined || seen.flaw !== undefined || (seen.outgoing && !rules.isLoopback(seen.interfaceIndex)))
          continue
        if (port !== undefined && seen.port !== port) continue
        if (wanted.size > 0 && !wanted.has(seen.source)) continue
        if (indexes.size === 0) setTimeout(() => found.abort(), ALL_THE_WAY)
        indexes.add(seen.interfaceIndex)
      }
  } catch {
    // Without CAP_NET_RAW the wire can't be seen.
  }
  return [...indexes]
}
