import { interfaces, type Membership, type SocketControl } from 'sockctl'
import { describe, expect, it } from 'vitest'
import { describeOnHosts } from './support/hosts.ts'
import { families, heard, type Lane, lanes, receiverOf } from './support/lanes.ts'
import { kernelGroups } from './support/net-stat.ts'

/** The interface as the calls of UNP take it: a name, an index, or none. */
interface By {
  readonly how: string
  readonly on: (lane: Lane) => { interface?: string | number }
}

const indexOf = (name: string): number => interfaces().find((one) => one.name === name)?.index ?? 0

const named: readonly By[] = [
  { how: 'by name', on: (lane) => ({ interface: lane.interface }) },
  { how: 'by index', on: (lane) => ({ interface: indexOf(lane.interface) }) },
]
const chosen: By = { how: 'by neither', on: () => ({}) }

/** The eight of chapter 21 that change a membership, in terms of the control. */
async function goThrough(c: SocketControl, lane: Lane, by: By, hears: () => Promise<string[]>): Promise<void> {
  const { group } = lane
  const [first, second] = lane.sources
  const on = { group, ...by.on(lane) }
  const expectedInterface = { name: lane.interface, index: indexOf(lane.interface) }
  const groups = () => kernelGroups().flatMap((entry) => (entry.group === group ? [entry.interface] : []))

  // mcast_join, mcast_block_source, mcast_unblock_source, mcast_leave
  const any: Membership = await c.join(on)
  expect(any.interface).toEqual(expectedInterface)
  expect(groups()).toEqual([lane.interface])
  expect(await hears()).toEqual([first, second])
  await any.block(first)
  expect(await hears()).toEqual([second])
  await any.unblock(first)
  expect(await hears()).toEqual([first, second])
  await any.leave()
  expect(groups()).toEqual([])
  expect(await hears()).toEqual([])

  // mcast_join_source_group, mcast_leave_source_group
  const one = await c.join({ ...on, source: first })
  const two = await c.join({ ...on, source: second })
  expect([one.interface, two.interface]).toEqual([expectedInterface, expectedInterface])
  expect(await hears()).toEqual([first, second])
  await one.leave()
  expect(await hears()).toEqual([second])
  await two.leave()
  expect(groups()).toEqual([])
  expect(await hears()).toEqual([])
}

describeOnHosts("UNP's calls on a named interface", (hosts) => {
  describe.each(lanes)('over $name', (lane) => {
    it.each(named)('join, block, unblock, leave, and the same by source, $how', async (by) => {
      const receiver = await receiverOf(lane)
      await goThrough(receiver.control, lane, by, () => heard(hosts(), lane, receiver, lane.group))
    })

    it.each(named)('set and get the interface that multicast leaves by, $how', async (by) => {
      const { control: c } = await receiverOf(lane)
      expect(await c.getMulticastInterface()).toBeUndefined()
      await c.setMulticastInterface(by.on(lane).interface ?? '')
      expect(await c.getMulticastInterface()).toEqual(interfaces().find(({ name }) => name === lane.interface))
      await c.setMulticastInterface(0)
      expect(await c.getMulticastInterface()).toBeUndefined()
    })
  })
})

for (const route of ['a0', 'a1'] as const) {
  describeOnHosts(
    `UNP's calls on the interface that the kernel chooses, ${route}`,
    (hosts) => {
      it.each(lanes.filter((lane) => lane.interface === route))('$name', async (lane) => {
        const receiver = await receiverOf(lane)
        await goThrough(receiver.control, lane, chosen, () => heard(hosts(), lane, receiver, lane.group))
      })
    },
    { multicastRoute: route },
  )
}

describe("UNP's calls on what a socket sends", () => {
  it.each(families)('IPv$family: set and get the hop limit, which is a number from 0 to 255', async (family) => {
    const { control: c } = await receiverOf(family)
    await c.setMulticastHops(255)
    expect(await c.getMulticastHops()).toBe(255)
    await c.setMulticastHops(0)
    expect(await c.getMulticastHops()).toBe(0)
    // In an octet, 256 becomes 0, with which no datagram leaves the host.
    await c.setMulticastHops(7)
    await expect(c.setMulticastHops(256)).rejects.toMatchObject({ reason: 'bad-value' })
    expect(await c.getMulticastHops()).toBe(7)
  })

  it.each(families)('IPv$family: set and get loopback', async (family) => {
    const { control: c } = await receiverOf(family)
    await c.setMulticastLoopback(false)
    expect(await c.getMulticastLoopback()).toBe(false)
    await c.setMulticastLoopback(true)
    expect(await c.getMulticastLoopback()).toBe(true)
  })
})
