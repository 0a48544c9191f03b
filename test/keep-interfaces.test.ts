import { describe, expect, it } from 'vitest'
import { describeOnHosts } from './support/hosts.ts'
import { causes, farEnd, following, indexOf, twice } from './support/keeping.ts'
import { families } from './support/lanes.ts'
import { kernelGroups } from './support/net-stat.ts'
import { opened } from './support/receiving.ts'

describeOnHosts('a kept channel whose interface', (hosts) => {
  describe.each(families)('over IPv$family', ({ family, group }) => {
    it.each(causes)('$name', async ({ reason, begin, end, of = family, becomes = 'k0' }) => {
      const far = await farEnd(hosts())
      await far.plug('k0')
      const receiver = await opened({ channels: [{ group, interface: 'k0' }] })
      const [membership] = receiver.memberships
      const kept = following(receiver)
      await far.stream(group, receiver.address.port)
      await kept.flowing(group)

      const loses = reason !== undefined && of === family
      await begin(far)
      if (loses) {
        const lost = await kept.event('lost')
        expect(lost).toMatchObject({ reason, interface: { name: 'k0' }, channel: { group, interface: 'k0' } })
        expect(receiver.channels).toMatchObject([{ state: 'waiting', losses: 1, reason }])
      }
      await end(far)
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
        mode: 'exclude',
        sources: [],
      })
      await receiver.close()
      expect(kernelGroups().filter((one) => one.group === group)).toEqual([])
    })
  })
})
