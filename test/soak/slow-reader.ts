// A receiver that reads too late: what was sent is delivered or counted as dropped, not one more or less.
import { openReceiver } from 'sockctl'
import { SO_RCVBUF } from 'sockctl/options'
import { inboxOfBatches } from '../support/datagrams.ts'
import type { Lane } from '../support/lanes.ts'
import type { Sender } from '../support/senders.ts'

export async function readTooLate(lane: Lane, group: string, sender: Sender, count: number): Promise<string[]> {
  await using receiver = await openReceiver({
    channels: [{ group, interface: lane.interface }],
    options: [[SO_RCVBUF, 4096]],
  })
  const to = { address: group, port: receiver.address.port }
  await sender.send(
    to,
    Array.from({ length: count }, (_, seq) => seq),
    { size: 700 },
  )
  const inbox = inboxOfBatches(receiver)
  const arrived = await inbox.until(sender.mark(to))
  const { dropped } = receiver.stats()
  if (dropped === 0) return ['nothing was dropped: the reader was not late']
  if (arrived.length + dropped !== count) return [`${arrived.length} arrived and ${dropped} were dropped, of ${count}`]
  return []
}
