// What the interfaces have counted, compared with what ip(8) says of the kernel's counters.
import { type InterfaceCounters, interfaceCounters } from 'sockctl'
import { expect, it, vi } from 'vitest'
import { ip } from './support/commands.ts'
import { describeOnHosts } from './support/hosts.ts'

interface Said {
  ifindex: number
  ifname: string
  stats64: { rx: Record<string, number>; tx: Record<string, number> }
}

const said = async (): Promise<InterfaceCounters[]> =>
  (JSON.parse(await ip('-j', '-s', '-s', 'link', 'show')) as Said[])
    .map(({ ifindex: index, ifname: name, stats64: { rx, tx } }) => ({
      index,
      name,
      received: {
        packets: rx.packets ?? -1,
        bytes: rx.bytes ?? -1,
        multicast: rx.multicast ?? -1,
        errors: rx.errors ?? -1,
        dropped: rx.dropped ?? -1,
        missed: rx.missed_errors ?? rx.missed ?? -1,
      },
      sent: {
        packets: tx.packets ?? -1,
        bytes: tx.bytes ?? -1,
        errors: tx.errors ?? -1,
        dropped: tx.dropped ?? -1,
      },
    }))
    .sort((a, b) => a.index - b.index)

describeOnHosts('the counters of interfaces', (hosts) => {
  it('are those that ip(8) shows', async () => {
    // Reports of IGMP and MLD may go out meanwhile.
    await vi.waitFor(async () => expect(await interfaceCounters()).toEqual(await said()))
  })

  it('grow with what comes in and goes out, byte for byte', async () => {
    const { a, b } = hosts().pairs[0]
    const countersOf = async (name: string) => (await interfaceCounters()).find((one) => one.name === name)
    const before = await countersOf(a.name)
    const sender = hosts().sender('B', { bind: b.ipv4[0] })
    await sender.send({ address: '239.1.2.3', port: 5000 }, [...Array(100).keys()], { size: 1000 })
    await vi.waitFor(async () => {
      const received = (await countersOf(a.name))?.received
      expect((received?.packets ?? 0) - (before?.received.packets ?? 0)).toBeGreaterThanOrEqual(100)
      expect((received?.bytes ?? 0) - (before?.received.bytes ?? 0)).toBeGreaterThanOrEqual(100 * (1000 + 8 + 20 + 14))
    })
  })
})
