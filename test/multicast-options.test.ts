import type { Option, SocketControl } from 'sockctl'
import * as options from 'sockctl/options'
import { describe, expect, it } from 'vitest'
import { describeOnHosts } from './support/hosts.ts'
import { heard, type Lane, lanes, receiverOf } from './support/lanes.ts'
import { kernelGroups } from './support/net-stat.ts'

interface Request {
  group: string
  interface?: string | number
}
type Join = Option<never, Request>
type JoinSource = Option<never, Request & { source: string }>

/** The options of one C API, under names of their own. */
interface Api {
  readonly join?: Join
  readonly leave?: Join
  readonly joinSource?: JoinSource
  readonly leaveSource?: JoinSource
  readonly block?: JoinSource
  readonly unblock?: JoinSource
  readonly filter?: typeof options.MCAST_MSFILTER | undefined
}

const mcast: Api = {
  join: options.MCAST_JOIN_GROUP,
  leave: options.MCAST_LEAVE_GROUP,
  joinSource: options.MCAST_JOIN_SOURCE_GROUP,
  leaveSource: options.MCAST_LEAVE_SOURCE_GROUP,
  block: options.MCAST_BLOCK_SOURCE,
  unblock: options.MCAST_UNBLOCK_SOURCE,
  filter: options.MCAST_MSFILTER,
}
const ipMembership: Api = { join: options.IP_ADD_MEMBERSHIP, leave: options.IP_DROP_MEMBERSHIP }
const ip: Api = {
  ...ipMembership,
  joinSource: options.IP_ADD_SOURCE_MEMBERSHIP as JoinSource,
  leaveSource: options.IP_DROP_SOURCE_MEMBERSHIP as JoinSource,
  block: options.IP_BLOCK_SOURCE as JoinSource,
  unblock: options.IP_UNBLOCK_SOURCE as JoinSource,
  filter: options.IP_MSFILTER as typeof options.MCAST_MSFILTER,
}
const ipv6: Api = { join: options.IPV6_JOIN_GROUP, leave: options.IPV6_LEAVE_GROUP }
const ipv6Older: Api = { join: options.IPV6_ADD_MEMBERSHIP, leave: options.IPV6_DROP_MEMBERSHIP }

interface Way {
  readonly name: string
  readonly of?: 4 | 6
  readonly api: Api
  readonly on: (lane: Lane, index: number) => Pick<Request, 'interface'>
}

const byName: Way['on'] = (lane) => ({ interface: lane.interface })
const byIndex: Way['on'] = (_, index) => ({ interface: index })
const byAddress: Way['on'] = (lane) => ({ interface: lane.local[0] })
const byNone: Way['on'] = () => ({})

const ways: readonly Way[] = [
  { name: 'MCAST_* by name', api: mcast, on: byName },
  { name: 'MCAST_* by index', api: mcast, on: byIndex },
  { name: 'IP_* by address', of: 4, api: ip, on: byAddress },
  { name: 'IP_ADD_MEMBERSHIP by name', of: 4, api: ipMembership, on: byName },
  { name: 'IP_ADD_MEMBERSHIP by index', of: 4, api: ipMembership, on: byIndex },
  { name: 'IPV6_JOIN_GROUP by name', of: 6, api: ipv6, on: byName },
  { name: 'IPV6_JOIN_GROUP by index', of: 6, api: ipv6, on: byIndex },
  { name: 'IPV6_ADD_MEMBERSHIP by name', of: 6, api: ipv6Older, on: byName },
]
const chosen: readonly Way[] = [
  { name: 'MCAST_* without an interface', api: { ...mcast, filter: undefined }, on: byNone },
  { name: 'IP_* without an interface', of: 4, api: ip, on: byNone },
  { name: 'IPV6_JOIN_GROUP without an interface', of: 6, api: ipv6, on: byNone },
]
const waysOf = (lane: Lane, all: readonly Way[]) => all.filter(({ of }) => of === undefined || of === lane.family)

const setters: Readonly<Record<string, <W>(c: SocketControl, option: Option<never, W>, value: W) => Promise<void>>> = {
  set: (c, option, value) => c.set(option, value),
  setSync: async (c, option, value) => c.setSync(option, value),
}

for (const route of ['a0', 'a1'] as const) {
  describeOnHosts(
    `multicast by the options, with groups routed to ${route}`,
    (hosts) => {
      describe.each(lanes.filter((lane) => lane.interface === route))('over $name', (lane) => {
        const { group, sources, at, interface: on } = lane
        const [first, second] = sources
        const index = () => hosts().pairs[at].a.index
        const joined = () => kernelGroups().flatMap((entry) => (entry.group === group ? [entry.interface] : []))

        describe.each(waysOf(lane, [...ways, ...chosen]))('$name', ({ api, on: spec }) => {
          it.each(Object.entries(setters))('%s', async (_, set) => {
            const receiver = await receiverOf(lane)
            const { control: c } = receiver
            const groupHere = { group, ...spec(lane, index()) }
            const of = (source: string) => ({ ...groupHere, source })
            const hears = () => heard(hosts(), lane, receiver, group)

            if (api.join && api.leave) {
              await set(c, api.join, groupHere)
              expect(joined()).toEqual([on])
              expect(await hears()).toEqual(sources)
              if (api.block && api.unblock) {
                await set(c, api.block, of(first))
                expect(await hears()).toEqual([second])
                await set(c, api.unblock, of(first))
                expect(await hears()).toEqual(sources)
              }
              expect(c.memberships).toEqual([])
              await set(c, api.leave, groupHere)
              expect(joined()).toEqual([])
              expect(await hears()).toEqual([])
            }
            if (api.joinSource && api.leaveSource) {
              await set(c, api.joinSource, of(first))
              await set(c, api.joinSource, of(second))
              expect(await hears()).toEqual(sources)
              await set(c, api.leaveSource, of(first))
              expect(await hears()).toEqual([second])
              await set(c, api.leaveSource, of(second))
              expect(joined()).toEqual([])
            }
            if (api.join && api.filter) {
              await set(c, api.join, groupHere)
              for (const filter of [
                { mode: 'exclude', sources: [second] },
                { mode: 'include', sources: [second] },
              ] as const) {
                await set(c, api.filter as unknown as Option<never, object>, { ...groupHere, ...filter })
                expect(await c.get(api.filter, groupHere)).toEqual(filter)
                expect(c.getSync(api.filter, groupHere)).toEqual(filter)
                expect(await c.getSourceFilter({ group, interface: on })).toEqual(filter)
                expect(await hears()).toEqual([filter.mode === 'include' ? second : first])
              }
              await set(c, api.filter as unknown as Option<never, object>, {
                ...groupHere,
                mode: 'include',
                sources: [],
              })
              expect(joined()).toEqual([])
            }
          })
        })

        it('an any-source membership is not turned over, however each call names the interface', async () => {
          const all = waysOf(lane, [...ways, ...chosen])
          for (const { api: first4, on: firstOn, name: joining } of all)
            for (const { api: then, on: thenOn, name } of all) {
              const { joinSource, leaveSource } = then
              if (!first4.join || !joinSource || !leaveSource) continue
              const receiver = await receiverOf(lane)
              const { control: c } = receiver
              await c.set(first4.join, { group, ...firstOn(lane, index()) })
              const value = { group, ...thenOn(lane, index()), source: first }
              const refused = { reason: 'filter-mode', code: 'ERR_FILTER_MODE' }
              const which = `${joining}, ${name}`
              await expect(c.set(joinSource, value), which).rejects.toMatchObject(refused)
              await expect(c.set(leaveSource, value), which).rejects.toMatchObject(refused)
              expect(() => c.setSync(joinSource, value), which).toThrow(expect.objectContaining(refused))
              expect(() => c.setSync(leaveSource, value), which).toThrow(expect.objectContaining(refused))
              expect(await c.getSourceFilter({ group, interface: on }), which).toEqual({ mode: 'exclude', sources: [] })
              await receiver.close()
            }
        })

        it('a membership is one, whichever options join, filter and leave it', async () => {
          const { control: c } = await receiverOf(lane)
          const all = waysOf(lane, [...ways, ...chosen])
          for (const { api: a, on: onA, name } of all)
            for (const { api: b, on: onB, name: other } of all) {
              if (!a.join || !b.leave) continue
              await c.set(a.join, { group, ...onA(lane, index()) })
              await expect(c.join({ group, interface: on }), name).rejects.toMatchObject({ reason: 'already-member' })
              await c.set(b.leave, { group, ...onB(lane, index()) })
              expect(joined(), `${name}, ${other}`).toEqual([])
            }
        })
      })
    },
    { multicastRoute: route },
  )
}

describeOnHosts('a multicast option', (hosts) => {
  describe.each(lanes)('over $name', (lane) => {
    const { family, group, interface: on, local, sources, at } = lane
    const [source] = sources

    it('takes the interface only as its struct can say it', async () => {
      const { control: c } = await receiverOf(lane)
      const wrong: [Option<never, never>, object, RegExp][] = [
        [options.MCAST_JOIN_GROUP, { group, interface: local[0] }, /a name or an index/],
        [options.MCAST_JOIN_SOURCE_GROUP, { group, source, interface: local[0] }, /a name or an index/],
      ]
      if (family === 4)
        wrong.push(
          [options.IP_ADD_SOURCE_MEMBERSHIP, { group, source, interface: on }, /local IPv4 address/],
          [options.IP_BLOCK_SOURCE, { group, source, interface: hosts().pairs[at].a.index }, /local IPv4 address/],
        )
      else wrong.push([options.IPV6_JOIN_GROUP, { group, interface: local[0] }, /a name or an index/])
      for (const [option, value, message] of wrong)
        await expect(c.set(option, value as never), option.name).rejects.toMatchObject({
          reason: 'bad-value',
          option: option.name,
          message: expect.stringMatching(message),
        })
    })

    it('that is write-only can’t be read, and a filter only by group', async () => {
      const { control: c } = await receiverOf(lane)
      for (const option of Object.values(options)) {
        if (option.readable || !option.name.includes('MCAST')) continue
        await expect(c.get(option as never), option.name).rejects.toMatchObject({ reason: 'bad-value' })
      }
      for (const question of [undefined, null, {}, { interface: on }, { group: source }, { group: 7 }, group])
        await expect(c.get(options.MCAST_MSFILTER, question as never), String(question)).rejects.toMatchObject({
          name: 'SocketOptionError',
          reason: 'bad-value',
        })
    })

    it('of a whole filter needs the interface, which the kernel does not choose', async () => {
      const { control: c } = await receiverOf(lane)
      await c.join({ group, interface: on })
      const refused = { reason: 'no-interface', option: 'MCAST_MSFILTER', message: expect.stringContaining('name it') }
      const filter = { group, mode: 'exclude' as const, sources: [source] }
      await expect(c.get(options.MCAST_MSFILTER, { group })).rejects.toMatchObject(refused)
      await expect(c.set(options.MCAST_MSFILTER, filter)).rejects.toMatchObject(refused)
      expect(() => c.getSync(options.MCAST_MSFILTER, { group })).toThrow(expect.objectContaining(refused))
      expect(await c.getSourceFilter({ group, interface: on })).toEqual({ mode: 'exclude', sources: [] })
    })

    it('says what was asked, what is wrong and what to do', async () => {
      const { control: c } = await receiverOf(lane)
      await c.set(options.MCAST_JOIN_GROUP, { group, interface: on })
      const error = await c.set(options.MCAST_JOIN_GROUP, { group, interface: on }).catch((refusal) => refusal)
      expect(error).toMatchObject({
        name: 'SocketOptionError',
        code: 'EADDRINUSE',
        syscall: 'setsockopt',
        option: 'MCAST_JOIN_GROUP',
        reason: 'already-member',
      })
      expect(error.errno).toBe(98)
      expect(error.message).toContain(`MCAST_JOIN_GROUP group ${group} on ${on}: this socket is a member there already`)
    })
  })
})
