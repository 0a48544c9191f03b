// A socket can be changed by its control, by its options and by Node's own methods: the memberships say what holds.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { control } from 'sockctl'
import {
  IP_BLOCK_SOURCE,
  IP_DROP_MEMBERSHIP,
  MCAST_BLOCK_SOURCE,
  MCAST_LEAVE_GROUP,
  MCAST_LEAVE_SOURCE_GROUP,
  MCAST_MSFILTER,
  MCAST_UNBLOCK_SOURCE,
} from 'sockctl/options'
import { expect, it, onTestFinished } from 'vitest'
import { describeInNamespace } from './support/namespace.ts'
import { kernelGroups } from './support/net-stat.ts'

const GROUP = '239.1.2.3'
const on = { group: GROUP, interface: 'lo' }
const source = '10.9.0.1'

async function opened() {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  onTestFinished(() => void socket.close())
  return { socket, c: control(socket) }
}
const users = (): number => kernelGroups().find(({ group }) => group === GROUP)?.users ?? 0

describeInNamespace('a membership', () => {
  it.each(['set', 'setSync'] as const)('is over when an option has left it, by %s', async (call) => {
    const { c } = await opened()
    const membership = await c.join(on)
    await c[call](MCAST_LEAVE_GROUP, on)
    expect(membership.active).toBe(false)
    expect(c.memberships).toEqual([])
    const again = await c.join(on)
    await membership.leave()
    expect(again.active).toBe(true)
    expect(users()).toBe(1)
  })

  it('left by dropMembership and joined again is one membership, which the old object does not leave', async () => {
    const { socket, c } = await opened()
    const old = await c.join(on)
    socket.dropMembership(GROUP, '127.0.0.1')
    const live = await c.join(on)
    expect([old.active, live.active]).toEqual([false, true])
    expect(c.memberships).toEqual([live])
    await old.leave()
    expect(users()).toBe(1)
    await live.leave()
    expect(users()).toBe(0)
  })

  it('of another kind is over when the kernel takes one that excludes it', async () => {
    const { socket, c } = await opened()
    const any = await c.join(on)
    socket.dropMembership(GROUP, '127.0.0.1')
    const first = await c.join({ ...on, source })
    const second = await c.join({ ...on, source: '10.9.0.2' })
    expect([any.active, first.active, second.active]).toEqual([false, true, true])
    c.setSync(MCAST_LEAVE_SOURCE_GROUP, { ...on, source })
    expect([first.active, second.active]).toEqual([false, true])
    c.setSync(IP_DROP_MEMBERSHIP, on)
    expect(second.active).toBe(false)
  })

  it('says which sources are blocked, whichever way they were', async () => {
    const { c } = await opened()
    const membership = await c.join(on)
    await c.set(MCAST_BLOCK_SOURCE, { ...on, source })
    expect(membership.blocked).toEqual([source])
    c.setSync(IP_BLOCK_SOURCE, { group: GROUP, interface: '127.0.0.1', source: '10.9.0.2' })
    expect(membership.blocked.toSorted()).toEqual([source, '10.9.0.2'])
    c.setSync(MCAST_UNBLOCK_SOURCE, { ...on, source })
    expect(membership.blocked).toEqual(['10.9.0.2'])
    await c.set(MCAST_MSFILTER, { ...on, mode: 'exclude', sources: ['10.9.0.7'] })
    expect(membership.blocked).toEqual(['10.9.0.7'])
    await c.set(MCAST_MSFILTER, { ...on, mode: 'include', sources: ['10.9.0.7'] })
    expect([membership.active, membership.blocked]).toEqual([false, []])
  })

  it('that is over says so once a block was refused', async () => {
    const { socket, c } = await opened()
    const membership = await c.join(on)
    socket.dropMembership(GROUP, '127.0.0.1')
    await expect(membership.block(source)).rejects.toMatchObject({ reason: 'not-member' })
    expect(membership.active).toBe(false)
  })

  it('joined while another call has it read from the kernel is not taken for left', async () => {
    const { c } = await opened()
    await c.join(on)
    for (let round = 0; round < 50; round++) {
      const changed = c.set(MCAST_LEAVE_GROUP, on)
      await Promise.resolve()
      const joins: Promise<unknown>[] = [c.join(on)]
      for (let turn = 0; turn < round; turn++) await Promise.resolve()
      await Promise.allSettled([changed, ...joins])
      expect(c.memberships.map(({ active }) => active)).toEqual([true])
      expect(users()).toBe(1)
    }
  })

  it('may be given as a channel, and has nothing blocked once left', async () => {
    const { c } = await opened()
    const membership = await c.join(on)
    await membership.block(source)
    const { c: other } = await opened()
    expect(await other.join(membership)).toMatchObject({ group: GROUP, interface: { name: 'lo' } })
    expect(await other.getSourceFilter(membership)).toEqual({ mode: 'exclude', sources: [] })
    await membership.leave()
    expect([membership.active, membership.blocked]).toEqual([false, []])
  })

  it.each([
    ['sources', { ...on, sources: [source] }],
    ['src', { ...on, src: source }],
    ['iface', { group: GROUP, iface: 'lo' }],
  ])('is not joined with the unknown field %s', async (name, channel) => {
    const { c } = await opened()
    const refused = { reason: 'bad-value', message: expect.stringContaining(`'${name}'`) }
    await expect(c.join(channel as never)).rejects.toMatchObject(refused)
    await expect(c.joinAll([on, channel as never])).rejects.toMatchObject(refused)
    await expect(c.set(MCAST_LEAVE_GROUP, channel as never)).rejects.toMatchObject(refused)
    await expect(c.getSourceFilter(channel as never)).rejects.toMatchObject(refused)
    expect(users()).toBe(0)
  })
})
