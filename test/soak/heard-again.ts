// The end of a flap: what each source of a lane sends arrives again.
import { openReceiver } from 'sockctl'
import type { TwoHosts } from '../support/hosts.ts'
import { type Lane, senderAt } from '../support/lanes.ts'

/** Both ends of a link have to find their carrier and check their addresses before anything crosses it. */
export async function heardAgain(hosts: TwoHosts, lane: Lane): Promise<void> {
  await using receiver = await openReceiver({ channels: [{ group: lane.group, interface: lane.interface }] })
  const silent = new Set<string>(lane.sources)
  const read = async (): Promise<void> => {
    for await (const batch of receiver) for (const { source } of batch) silent.delete(source.address)
  }
  const reading = read()
  const to = { address: lane.group, port: receiver.address.port }
  for (let patience = 500; silent.size > 0; patience--) {
    if (patience === 0) throw new Error(`${[...silent]} is not heard after the flap of ${lane.interface}`)
    // Sending fails while the address is being checked.
    for (const source of silent)
      await senderAt(hosts, source)
        .send(to, [0])
        .catch(() => {})
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  await receiver.close()
  await reading
}
