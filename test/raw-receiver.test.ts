import { IPV6_RECVHOPOPTS } from 'sockctl/options'
import { expect, it } from 'vitest'
import { decodeIgmp } from '../lib/protocols/igmp.ts'
import { decodeMld } from '../lib/protocols/mld.ts'
import { openSockets } from './support/descriptors.ts'
import { describeOnHosts } from './support/hosts.ts'
import { lanes } from './support/lanes.ts'
import { opened, readingOf } from './support/receiving.ts'

const IPPROTO_IGMP = 2
const IPPROTO_IPV6 = 41
const IPPROTO_ICMPV6 = 58
const IPV6_HOPOPTS = 54

/** Joins and leaves on host B, so that host B's kernel sends reports. */
const joiner = `
  import { openReceiver } from 'sockctl'
  import { serve } from '${new URL('./support/stdio.mjs', import.meta.url)}'
  const receivers = []
  await serve({
    join: async (channel) => void receivers.push(await openReceiver({ channels: [channel] })),
  })`

describeOnHosts('a raw receiver', (hosts) => {
  it.each(lanes)('sees what members report over $name', async (lane) => {
    const { family, interface: on, channel: group, sources, local } = lane
    const toRouters = family === 4 ? '224.0.0.22' : 'ff02::16'
    const receiver = await opened({
      type: 'raw',
      protocol: family === 4 ? IPPROTO_IGMP : IPPROTO_ICMPV6,
      channels: [{ group: toRouters, interface: on }],
      ancillary: { hopLimit: true },
      options: family === 6 ? [[IPV6_RECVHOPOPTS, true]] : [],
    })
    await using peer = hosts().spawn('B', { code: joiner })
    await peer.request('join', { group, source: local[1], interface: `b${lane.at}` })
    const reading = readingOf(receiver)
    for (;;) {
      const [datagram] = await reading.take(1)
      if (datagram === undefined) throw new Error('no datagram')
      const { data, source, destination, hopLimit, interfaceIndex, ancillary } = datagram
      expect({ destination, hopLimit, interfaceIndex }).toEqual({
        destination: toRouters,
        hopLimit: 1,
        interfaceIndex: hosts().pairs[lane.at].a.index,
      })
      // A raw IPv4 socket gets the IP header too, a raw IPv6 socket does not.
      const message = family === 4 ? decodeIgmp(data.subarray(((data[0] ?? 0) & 15) * 4)) : decodeMld(data)
      if (family === 6) expect(ancillary).toMatchObject([{ level: IPPROTO_IPV6, type: IPV6_HOPOPTS }])
      if (!('records' in message)) continue
      const [record] = message.records.filter((one) => one.group === group)
      if (record === undefined) continue
      expect(record).toMatchObject({ sources: [local[1]] })
      expect(source.address).toBe(family === 4 ? sources[0] : `${hosts().pairs[lane.at].b.linkLocal}%${on}`)
      return
    }
  })

  it('has no port, needs a protocol, and leaves nothing open if it is refused', async () => {
    const before = openSockets()
    for (const options of [{}, { protocol: 256 }, { protocol: 2, port: 5 }, { protocol: 2, gro: true }])
      await expect(opened({ type: 'raw', ...options })).rejects.toMatchObject({ reason: 'bad-value' })
    expect(openSockets()).toEqual(before)
    const receiver = await opened({ type: 'raw', protocol: IPPROTO_IGMP })
    expect(receiver.stats().sockets).toBe(1)
    const groups = Array.from({ length: 30 }, (_, n) => ({ group: `239.2.0.${n}`, interface: 'a0' }))
    await receiver.joinAll(groups)
    expect(receiver.stats().sockets).toBe(2)
  })
})
