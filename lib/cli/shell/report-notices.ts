// The loop of commands that report what a listener hears.

import type { Output } from './output.ts'
import { startTimer } from './timer.ts'

/** Gives notices until it is closed. */
interface NoticeListener<N> extends AsyncIterable<N> {
  close(): Promise<void>
}

interface NoticeReport<N> {
  notice(notice: N): void
  end(): void
}

/**
 * Reports every notice, and gives how many were counted. Ends after `count` of those that `isCounted`, after `duration`
 * milliseconds, or when the listener ends.
 */
export async function reportNotices<N>(
  out: Output,
  listener: NoticeListener<N>,
  report: NoticeReport<N>,
  { count, duration }: { readonly count?: number; readonly duration?: number },
  isCounted: (notice: N) => boolean,
): Promise<number> {
  const timer = startTimer(duration, () => listener.close())
  let counted = 0
  try {
    for await (const notice of listener) {
      report.notice(notice)
      await out.drained()
      if (isCounted(notice) && ++counted === count) break
    }
  } finally {
    clearTimeout(timer)
    await listener.close()
    report.end()
  }
  return counted
}
