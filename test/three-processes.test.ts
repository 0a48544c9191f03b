import { expect, it } from 'vitest'
import { describeOnHosts } from './support/hosts.ts'
import { lanes, senderAt } from './support/lanes.ts'
import type { Peer } from './support/processes.ts'

const code = `
  import dgram from 'node:dgram'
  import { once } from 'node:events'
  import { control } from 'sockctl'
  import { serve, tell } from '${new URL('./support/stdio.mjs', import.meta.url)}'

  const sockets = []
  await serve({
    async join({ family, channel, port }) {
      const socket = dgram.createSocket({ type: 'udp' + family, reuseAddr: true }).bind(port)
      sockets.push(socket)
      await once(socket, 'listening')
      const membership = await control(socket).join(channel)
      socket.on('message', (data, { address }) => tell({ ...JSON.parse(data), source: address }))
      return { port: socket.address().port, group: membership.group, source: membership.source }
    },
    leave: () => {
      for (const socket of sockets.splice(0)) socket.close()
    },
  })`

describeOnHosts('three processes on one host', (hosts) => {
  const peers: Peer[] = []

  it.each(lanes)('each get each of four datagrams over $name, and nothing of another source', async (lane) => {
    const { family, channel: group, interface: on, sources } = lane
    const [source, other] = sources
    while (peers.length < 3) peers.push(hosts().spawn('A', { code }))

    let port = 0
    for (const peer of peers) {
      const channel = { group, source, interface: on }
      const joined = await peer.request<{ port: number }>('join', { family, channel, port })
      expect(joined).toMatchObject({ group, source })
      port = joined.port
    }
    for (const seq of [1, 2, 3, 4]) {
      await senderAt(hosts(), other).send({ address: group, port }, [seq + 100])
      await senderAt(hosts(), source).send({ address: group, port }, [seq])
    }
    for (const peer of peers) {
      for (const seq of [1, 2, 3, 4]) expect(await peer.next()).toEqual({ seq, from: source, source })
      await peer.request('leave')
    }
  })
})
