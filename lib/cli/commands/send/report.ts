// How `sockctl send` shows its progress.

import { createLiveLines } from '../../shell/live.ts'
import type { Output } from '../../shell/output.ts'
import { bitrate, plural, scaled, seconds } from '../../shell/units.ts'
import type { SendSocket, SendTarget } from './send-target.ts'

/** What was sent so far. */
export interface Progress {
  datagrams: number
  bytes: number
}

export interface SendReport {
  /** All was sent: the time that the summary tells ends here. */
  stop(): void
  /** Prints the summary. */
  end(): void
}

/** @param mayDraw whether lines may be drawn on a terminal while sending */
export function createSendReport(
  out: Output,
  to: SendTarget,
  { from }: SendSocket,
  progress: Progress,
  mayDraw: boolean,
): SendReport {
  const start = performance.now()
  const screen = out.terminal && mayDraw ? createLiveLines(process.stdout) : undefined
  let before = { ...progress, at: start }
  const rates = (since: typeof before): { elapsed: number; rate: number; bitrate: number } => {
    const now = performance.now()
    const span = Math.max(1, now - since.at) / 1000
    return {
      elapsed: now - start,
      rate: Math.round((progress.datagrams - since.datagrams) / span),
      bitrate: Math.round(((progress.bytes - since.bytes) * 8) / span),
    }
  }
  const object = (event: string, { elapsed, ...rest }: ReturnType<typeof rates>): void =>
    out.object({ event, elapsed: elapsed / 1000, ...progress, ...rest })
  const text = ({ elapsed, rate: datagrams, bitrate: bits }: ReturnType<typeof rates>): string =>
    `${plural(progress.datagrams, to.unit)}, ${plural(progress.bytes, 'byte')} to ${to.text} in ${seconds(elapsed)}: ` +
    `${scaled(datagrams)}/s, ${bitrate(bits)}`

  if (out.json) out.object({ event: 'sending', ...to.fields, from })
  const second = setInterval(() => {
    const now = rates(before)
    before = { ...progress, at: performance.now() }
    if (out.json) object('interval', now)
    else screen?.draw([text(now)])
  }, 1000)
  let total: ReturnType<typeof rates> | undefined
  const stop = (): ReturnType<typeof rates> => {
    clearInterval(second)
    screen?.clear()
    total ??= rates({ datagrams: 0, bytes: 0, at: start })
    return total
  }
  return {
    stop,
    end: () => {
      if (out.json) object('summary', stop())
      else out.line(text(stop()))
    },
  }
}
