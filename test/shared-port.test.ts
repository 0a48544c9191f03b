import { once } from 'node:events'
import { openSocket } from 'sockctl'
import { SO_REUSEADDR, SO_REUSEPORT } from 'sockctl/options'
import { describe, expect, it, onTestFinished } from 'vitest'
import { inboxOf, seqs } from './support/datagrams.ts'
import { describeOnHosts } from './support/hosts.ts'
import { heardByEach, type Lane, lanes, type Receiver, senderAt } from './support/lanes.ts'

type Sharing = typeof SO_REUSEADDR

async function opened({ key, wildcard }: Lane, sharing: Sharing, port = 0): Promise<Receiver> {
  const owned = await openSocket({
    family: key,
    type: 'dgram',
    options: [[sharing, true]],
    bind: { address: wildcard, port },
  })
  const socket = owned.toDatagram()
  const inbox = inboxOf(socket)
  let closed: Promise<unknown> | undefined
  const close = async () => {
    if (closed === undefined) {
      closed = once(socket, 'close')
      socket.close()
    }
    await closed
  }
  onTestFinished(close)
  await once(socket, 'listening')
  return { socket, control: owned.control, inbox, port: socket.address().port, close }
}

async function three(lane: Lane, sharing: Sharing): Promise<[Receiver, Receiver, Receiver]> {
  const first = await opened(lane, sharing)
  return [first, await opened(lane, sharing, first.port), await opened(lane, sharing, first.port)]
}

describeOnHosts('sockets that share a port', (hosts) => {
  describe.each(lanes)('over $name', (lane) => {
    const { group, otherGroup, interface: on, sources, local } = lane
    // Unicast to a shared port reaches one socket only, so the marks are multicast.
    const marks = { address: otherGroup }
    const joinAll = async (receivers: readonly Receiver[]) => {
      for (const { control: c } of receivers)
        await c.joinAll([
          { group, interface: on },
          { group: marks.address, interface: on },
        ])
    }
    const unicast = async (receivers: readonly Receiver[]) => {
      const port = receivers[0]?.port ?? 0
      const numbers = [1, 2, 3, 4, 5, 6]
      for (const seq of numbers)
        await senderAt(hosts(), sources[seq % 2] as string).send({ address: local[0], port }, [seq])
      const marker = senderAt(hosts(), sources[0]).mark({ ...marks, port })
      return Promise.all(receivers.map(async ({ inbox }) => seqs(await inbox.until(marker))))
    }

    it.each([SO_REUSEADDR, SO_REUSEPORT])('by $name each get every multicast datagram', async (sharing) => {
      const receivers = await three(lane, sharing)
      await joinAll(receivers)
      expect(await heardByEach(hosts(), lane, receivers, group, marks)).toEqual([sources, sources, sources])
      await receivers[1].control.memberships[0]?.block(sources[0])
      expect(await heardByEach(hosts(), lane, receivers, group, marks)).toEqual([sources, [sources[1]], sources])
    })

    it('by SO_REUSEADDR leave unicast to the last one bound', async () => {
      const receivers = await three(lane, SO_REUSEADDR)
      await joinAll(receivers)
      expect(await unicast(receivers)).toEqual([[], [], [1, 2, 3, 4, 5, 6]])
      await receivers[2].close()
      expect(await unicast(receivers.slice(0, 2))).toEqual([[], [1, 2, 3, 4, 5, 6]])
    })

    it('by SO_REUSEPORT get each unicast datagram once between them', async () => {
      const receivers = await three(lane, SO_REUSEPORT)
      await joinAll(receivers)
      const shares = await unicast(receivers)
      expect(shares.flat().sort()).toEqual([1, 2, 3, 4, 5, 6])
      // All datagrams of a sender go to the same socket.
      for (const share of shares) expect([0, 3, 6]).toContain(share.length)
    })

    it.each([
      [SO_REUSEADDR, SO_REUSEPORT],
      [SO_REUSEPORT, SO_REUSEADDR],
    ])('must all say it the same way: $0.name beside $1.name', async (one, other) => {
      const { port } = await opened(lane, one)
      await expect(opened(lane, other, port)).rejects.toMatchObject({ code: 'EADDRINUSE', syscall: 'bind' })
    })
  })
})
