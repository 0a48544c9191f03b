import { control } from 'sockctl'
import { MCAST_JOIN_GROUP } from 'sockctl/options'
import { expect, it } from 'vitest'
import { describeOnHosts } from './support/hosts.ts'
import { heard, lanes, receiverOf } from './support/lanes.ts'
import { kernelGroups } from './support/net-stat.ts'

const ipv6 = lanes.filter(({ family }) => family === 6)

describeOnHosts('an IPv6 group with a zone', (hosts) => {
  it.each(ipv6)('is joined on the interface its zone names: $interface', async (lane) => {
    const receiver = await receiverOf(lane)
    const { index } = hosts().pairs[lane.at].a
    for (const zone of [lane.interface, index]) {
      const membership = await receiver.control.join({ group: `${lane.group}%${zone}` })
      expect(membership).toMatchObject({ group: lane.group, interface: { name: lane.interface, index } })
      expect(await heard(hosts(), lane, receiver, lane.group)).toEqual(lane.sources)
      await membership.leave()
    }
    expect(kernelGroups().filter(({ group }) => group === lane.group)).toEqual([])
  })

  it.each(ipv6)('is refused if it differs from the interface, or $interface is left to guess', async (lane) => {
    const { socket } = await receiverOf(lane)
    const c = control(socket)
    const group = `${lane.group}%${lane.interface}`
    const before = kernelGroups()
    await expect(c.join({ group, interface: 'lo' })).rejects.toMatchObject({ reason: 'bad-value' })
    await expect(c.join({ group: `${lane.group}%nope0` })).rejects.toMatchObject({ reason: 'no-interface' })
    // The kernel would ignore the zone and choose an interface.
    await expect(c.set(MCAST_JOIN_GROUP, { group })).rejects.toMatchObject({ reason: 'bad-value' })
    expect(kernelGroups()).toEqual(before)
    const both = await c.join({ group, interface: lane.interface })
    expect(both.interface.name).toBe(lane.interface)
  })
})
