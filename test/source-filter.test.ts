import type { Membership, SocketControl, SourceFilter } from 'sockctl'
import { describe, expect, it } from 'vitest'
import { sysctl } from './support/commands.ts'
import { describeOnHosts } from './support/hosts.ts'
import { type Family, families, heard, lanes, receiverOf } from './support/lanes.ts'
import { describeInNamespace } from './support/namespace.ts'
import { kernelGroups, kernelSources } from './support/net-stat.ts'

const include = (...sources: string[]): SourceFilter => ({ mode: 'include', sources })
const exclude = (...sources: string[]): SourceFilter => ({ mode: 'exclude', sources })
const many = ({ family }: Family, count: number) =>
  Array.from({ length: count }, (_, n) =>
    family === 4 ? `192.0.${(n >> 8) + 2}.${n & 255}` : `2001:db8::${(n + 1).toString(16)}`,
  )

/** The memberships in terms of their fields: a source, or the blocked sources. */
const said = (c: SocketControl) =>
  c.memberships.map(({ source, blocked }) => (source === undefined ? { blocked } : { source }))

describeOnHosts('a source filter', (hosts) => {
  describe.each(lanes)('over $name', (lane) => {
    const { family, group, channel, interface: on, sources, nobody, at } = lane
    const [A, B] = sources
    const groupHere = { group, interface: on }

    it('goes from any state to any other, and the memberships say so', async () => {
      const filters = [
        exclude(),
        include(A),
        include(A, B),
        include(B),
        exclude(A),
        exclude(A, B),
        exclude(B),
        include(A),
        exclude(),
        exclude(nobody),
        include(nobody),
        include(nobody, B),
        exclude(),
      ]
      const receiver = await receiverOf(lane)
      const { control: c } = receiver
      await c.join(groupHere)
      for (const filter of filters) {
        await c.setSourceFilter(groupHere, filter)
        expect(await c.getSourceFilter(groupHere)).toEqual(filter)
        const takes = (source: string) => filter.sources.includes(source) === (filter.mode === 'include')
        expect(await heard(hosts(), lane, receiver, group)).toEqual(sources.filter(takes))
        expect(said(c)).toEqual(
          filter.mode === 'exclude' ? [{ blocked: filter.sources }] : filter.sources.map((source) => ({ source })),
        )
        for (const membership of c.memberships) {
          expect(membership).toMatchObject({ group, interface: { name: on, index: hosts().pairs[at].a.index } })
          expect(membership.active).toBe(true)
        }
      }
      await c.setSourceFilter(groupHere, include())
      expect(c.memberships).toEqual([])
      await expect(c.getSourceFilter(groupHere)).rejects.toMatchObject({ reason: 'not-member' })
      expect(kernelGroups().filter((entry) => entry.group === group)).toEqual([])
      expect(await heard(hosts(), lane, receiver, group)).toEqual([])
    })

    it('keeps the memberships that it still has, and ends the others', async () => {
      const { control: c } = await receiverOf(lane)
      const any = await c.join(groupHere)
      await any.block(A)
      await c.setSourceFilter(groupHere, exclude(B))
      expect(any.active).toBe(true)
      expect(any.blocked).toEqual([B])

      await c.setSourceFilter(groupHere, include(A, B))
      expect(any.active).toBe(false)
      const [ofA, ofB] = c.memberships as [Membership, Membership]
      await c.setSourceFilter(groupHere, include(B))
      expect([ofA.active, ofB.active]).toEqual([false, true])
      expect(c.memberships).toEqual([ofB])

      // Leaving an inactive membership does nothing.
      await any.leave()
      await ofA.leave()
      expect(await c.getSourceFilter(groupHere)).toEqual(include(B))
      await ofB.leave()
      expect(c.memberships).toEqual([])
    })

    it('makes memberships that block, unblock and leave', async () => {
      const receiver = await receiverOf(lane)
      const { control: c } = receiver
      await c.join({ ...groupHere, source: A })
      await c.setSourceFilter(groupHere, exclude(A))
      const [any] = c.memberships as [Membership]
      expect(any.source).toBeUndefined()
      await any.unblock(A)
      await any.block(B)
      expect(any.blocked).toEqual([B])
      expect(await c.getSourceFilter(groupHere)).toEqual(exclude(B))
      expect(await heard(hosts(), lane, receiver, group)).toEqual([A])
      await any.leave()

      await c.join({ ...groupHere, source: A })
      await c.setSourceFilter(groupHere, include(A, B))
      await c.memberships.find(({ source }) => source === A)?.leave()
      expect(await c.getSourceFilter(groupHere)).toEqual(include(B))
      expect(await heard(hosts(), lane, receiver, group)).toEqual([B])
    })

    it('of one group leaves other groups and other sockets alone', async () => {
      const one = await receiverOf(lane)
      const two = await receiverOf(lane)
      await one.control.joinAll([groupHere, { group: channel, source: A, interface: on }])
      await two.control.join(groupHere)
      await one.control.setSourceFilter(groupHere, include(B))
      expect(await one.control.getSourceFilter({ group: channel, interface: on })).toEqual(include(A))
      expect(await two.control.getSourceFilter(groupHere)).toEqual(exclude())
      expect(await heard(hosts(), lane, one, group)).toEqual([B])
      expect(await heard(hosts(), lane, one, channel)).toEqual([A])
      expect(await heard(hosts(), lane, two, group)).toEqual(sources)
    })

    it('that is refused changes no membership', async () => {
      const { control: c } = await receiverOf(lane)
      const any = await c.join(groupHere)
      await any.block(A)
      for (const wrong of [
        include(A, A),
        include(lane.wildcard),
        exclude(group),
        exclude('nobody'),
        { mode: 'both', sources: [] },
        { mode: 'include' },
        { sources: [A] },
        { mode: 'exclude', sources: A },
      ])
        await expect(c.setSourceFilter(groupHere, wrong as SourceFilter)).rejects.toMatchObject({
          reason: 'bad-value',
          code: 'ERR_INVALID_VALUE',
        })
      for (const wrong of [null, undefined, 'include', 7])
        await expect(c.setSourceFilter(groupHere, wrong as never)).rejects.toThrow(TypeError)
      expect(said(c)).toEqual([{ blocked: [A] }])
      expect(await c.getSourceFilter(groupHere)).toEqual(exclude(A))
    })

    it('is the caller’s to change afterwards: the library keeps its own copy', async () => {
      const { control: c } = await receiverOf(lane)
      const any = await c.join(groupHere)
      const filter = exclude(A)
      const setting = c.setSourceFilter(groupHere, filter)
      filter.mode = 'include'
      filter.sources.push(B)
      await setting
      filter.sources.push(nobody)
      expect(await c.getSourceFilter(groupHere)).toEqual(exclude(A))
      expect(any.blocked).toEqual([A])
    })

    it('is noted in its turn if several calls are made at once', async () => {
      const { control: c } = await receiverOf(lane)
      const any = await c.join(groupHere)
      await Promise.all([any.block(A), c.setSourceFilter(groupHere, exclude(B)), any.block(nobody)])
      expect(any.blocked).toEqual([B, nobody])

      await Promise.all([any.leave(), c.join(groupHere), c.setSourceFilter(groupHere, exclude(A))])
      expect(any.active).toBe(false)
      expect(said(c)).toEqual([{ blocked: [A] }])

      await Promise.all([c.setSourceFilter(groupHere, include(A)), c.join({ ...groupHere, source: B })])
      expect(said(c)).toEqual([{ source: A }, { source: B }])
      expect(await c.getSourceFilter(groupHere)).toEqual(include(A, B))
    })

    it('spells a source in one way, however it was written', async () => {
      const { control: c } = await receiverOf(lane)
      const written = family === 4 ? A : A.toUpperCase().replace('::', ':0:0:0::')
      const any = await c.join({ ...groupHere, group: family === 4 ? group : group.toUpperCase() })
      expect(any.group).toBe(group)
      await any.block(written)
      expect(any.blocked).toEqual([A])
      await expect(c.setSourceFilter(groupHere, exclude(A, written))).rejects.toMatchObject({ reason: 'bad-value' })
      await any.unblock(written)
      expect(any.blocked).toEqual([])
    })
  })
})

describeInNamespace('a filter of many sources', () => {
  const counts = { 4: [1, 10, 400, 900], 6: [1, 33, 60, 64] } as const

  it.each(families)('IPv$family: is set and read back whole, whatever its length', async (lane) => {
    const { family, group } = lane
    using _ = sysctl('net.ipv4.igmp_max_msf', 1000)
    const { control: c } = await receiverOf(lane)
    const groupHere = { group, interface: 'lo' }
    await c.join(groupHere)
    for (const count of [...counts[family], ...[...counts[family]].reverse()])
      for (const filter of [exclude(...many(lane, count)), include(...many(lane, count))]) {
        await c.setSourceFilter(groupHere, filter)
        expect(await c.getSourceFilter(groupHere)).toEqual(filter)
        expect(said(c)).toEqual(
          filter.mode === 'exclude' ? [{ blocked: filter.sources }] : filter.sources.map((source) => ({ source })),
        )
        expect(kernelSources().filter((entry) => entry.group === group)).toHaveLength(count)
      }
  })

  it.each(families)('IPv$family: is read whole while it grows', async (lane) => {
    const { group } = lane
    using _ = sysctl('net.ipv4.igmp_max_msf', 1000)
    const { control: c } = await receiverOf(lane)
    const groupHere = { group, interface: 'lo' }
    const membership = await c.join(groupHere)
    const sources = many(lane, 60)
    const reads = sources.map(async (source, n) => {
      const blocking = membership.block(source)
      const { sources: listed } = await c.getSourceFilter(groupHere)
      await blocking
      expect(listed).toEqual(sources.slice(0, n + 1))
    })
    await Promise.all(reads)
    expect(membership.blocked).toEqual(sources)
  })
})
