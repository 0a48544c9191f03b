import { describe, expect, it } from 'vitest'
import { describeOnHosts } from './support/hosts.ts'
import { causes, far, farEnd, following, indexOf, twice } from './support/keeping.ts'
import { families } from './support/lanes.ts'
import { kernelGroups, kernelSources } from './support/net-stat.ts'
import { opened } from './support/receiving.ts'

describeOnHosts('a kept channel whose interface', (hosts) => {
  describe.each(
    families.flatMap(({ family, group, channel }) => [
      { family, group, source: undefined, wish: 'any source' },
      { family, group: channel, source: far[family].sources[0], wish: 'one source' },
    ]),
  )('over IPv$family, of $wish', ({ family, group, source }) => {
    const channel = { group, interface: 'k0', ...(source !== undefined && { source }) }
    it.each(causes)('$name', async ({ reason, begin, over, of = family, becomes = 'k0' }) => {
      const end = await farEnd(hosts())
      await end.plug('k0')
      const receiver = await opened({ channels: [channel] })
      const [membership] = receiver.memberships
      const kept = following(receiver)
      await end.stream(group, receiver.address.port)
      await kept.flowing(group)

      const loses = reason !== undefined && of === family
      await begin(end)
      if (loses) {
        const lost = await kept.event('lost')
        expect(lost).toMatchObject({ reason, interface: { name: 'k0' }, channel })
        expect(receiver.channels).toMatchObject([{ state: 'waiting', losses: 1, reason }])
      }
      await over(end)
      const back = await kept.untilFlowing(group)
      if (loses) {
        const { gap = NaN } = await kept.event('renewed')
        expect(gap).toBeGreaterThanOrEqual(0)
      }
      await kept.flowing(group, 40)

      expect(back).toBeLessThan(1000)
      expect(kept.told()).toEqual(loses ? [`lost ${reason}`, `renewed ${reason}`] : [])
      expect(twice(kept)).toEqual([])
      expect(receiver.memberships).toEqual([membership])
      expect(membership).toMatchObject({ active: true, interface: { name: becomes, index: indexOf(becomes) } })
      expect(receiver.channels).toMatchObject([{ state: 'joined', reason: undefined }])
      expect(await receiver.control.getSourceFilter({ group, interface: becomes })).toEqual({
        ...(source === undefined ? { mode: 'exclude', sources: [] } : { mode: 'include', sources: [source] }),
      })
      // Linux 6.18 forgets the sources of an IPv6 group on an interface that goes down, and its answers to queries lack them.
      if (family === 6 && source !== undefined)
        expect(kernelSources().filter((one) => one.group === group)).toMatchObject([{ source, include: 1 }])
      await receiver.close()
      expect(kernelGroups().filter((one) => one.group === group)).toEqual([])
    })
  })
})
