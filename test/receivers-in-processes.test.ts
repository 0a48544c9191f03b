import { expect, it } from 'vitest'
import { describeOnHosts } from './support/hosts.ts'
import { lanes, senderAt } from './support/lanes.ts'
import type { Peer } from './support/processes.ts'

const code = `
  import { openReceiver } from 'sockctl'
  import { serve, tell } from '${new URL('./support/stdio.mjs', import.meta.url)}'

  const receivers = []
  async function read(receiver) {
    for await (const batch of receiver)
      for (const { data, source, destination } of batch)
        tell({ ...JSON.parse(data), source: source.address, destination })
  }
  await serve({
    async open(options) {
      const receiver = await openReceiver(options)
      receivers.push(receiver)
      read(receiver)
      const [{ group, source }] = receiver.memberships
      return { port: receiver.address.port, group, source }
    },
    close: async () => {
      const [receiver] = receivers.splice(0)
      const { datagrams, filtered, dropped } = receiver.stats()
      await receiver.close()
      return { datagrams, filtered, dropped }
    },
  })`

describeOnHosts('three processes with a receiver each', (hosts) => {
  const peers: Peer[] = []

  it.each(lanes)('each get each of four datagrams over $name, and nothing of another source', async (lane) => {
    const { channel: group, interface: on, sources } = lane
    const [source, other] = sources
    while (peers.length < 3) peers.push(hosts().spawn('A', { code }))

    let port = 0
    for (const peer of peers) {
      const joined = await peer.request<{ port: number }>('open', {
        port,
        channels: [{ group, source, interface: on }],
      })
      expect(joined).toMatchObject({ group, source })
      port = joined.port
    }
    for (const seq of [1, 2, 3, 4]) {
      await senderAt(hosts(), other).send({ address: group, port }, [seq + 100])
      await senderAt(hosts(), source).send({ address: group, port }, [seq])
    }
    for (const peer of peers) {
      for (const seq of [1, 2, 3, 4])
        expect(await peer.next()).toEqual({ seq, from: source, source, destination: group })
      expect(await peer.request('close')).toEqual({ datagrams: 4, filtered: 0, dropped: 0 })
    }
  })
})
