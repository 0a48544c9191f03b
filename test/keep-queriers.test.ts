import { describe, expect, it } from 'vitest'
import { describeOnHosts, type TwoHosts } from './support/hosts.ts'
import { type FarEnd, farEnd, following } from './support/keeping.ts'
import { families } from './support/lanes.ts'
import { opened } from './support/receiving.ts'

/** A snooping bridge at the far end of a cable, whose querier asks every second. */
async function queriedEverySecond(hosts: TwoHosts, cable: string, ...version: string[]): Promise<FarEnd> {
  const end = await farEnd(hosts, { isSnooping: true })
  const set = (...what: string[]): Promise<string> => end.ip('link', 'set', 'kbr', 'type', 'bridge', ...what)
  await set('mcast_querier', '0', ...version)
  await set('mcast_query_interval', '100', 'mcast_startup_query_interval', '100')
  await set('mcast_querier', '1')
  await end.plug(cable)
  return end
}

describeOnHosts('the querier of a link, heard by a receiver that may open raw sockets', (hosts) => {
  describe.each(families)('over IPv$family', ({ family, group }) => {
    const version = family === 4 ? 'mcast_igmp_version' : 'mcast_mld_version'
    const [newest, older] = family === 4 ? ['3', '2'] : ['2', '1']

    it('decides after which silence a channel is renewed', async () => {
      const end = await queriedEverySecond(hosts(), 'q0', version, newest)
      const receiver = await opened({ channels: [{ group, interface: 'q0' }] })
      const kept = following(receiver)
      await end.stream(group, receiver.address.port)
      await kept.flowing(group, 200)
      await end.hush(group, receiver.address.port)
      const renewed = await kept.event('renewed')
      expect(renewed).toMatchObject({ reason: 'silent', interface: { name: 'q0' } })
      // An interval of a second, and five seconds behind it.
      expect(renewed.gap).toBeGreaterThanOrEqual(6000)
      expect(renewed.gap).toBeLessThan(60_000)
    })

    it('has the channels renewed when it speaks another version', async () => {
      const end = await queriedEverySecond(hosts(), 'q1', version, newest)
      const receiver = await opened({ channels: [{ group, interface: 'q1' }] })
      const kept = following(receiver)
      await end.stream(group, receiver.address.port)
      await kept.flowing(group, 200)
      await end.ip('link', 'set', 'kbr', 'type', 'bridge', version, older)
      expect(await kept.event('renewed')).toMatchObject({ reason: 'querier-changed', interface: { name: 'q1' } })
      expect(await kept.untilFlowing(group)).toBeLessThan(1000)
    })
  })
})
