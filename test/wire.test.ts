import { EventEmitter, once } from 'node:events'
import type { SocketControl } from 'sockctl'
import { MCAST_BLOCK_SOURCE, MCAST_JOIN_GROUP } from 'sockctl/options'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Capture, captureReports, describeWithCaptures } from './support/captures.ts'
import { type TwoHosts, twoHosts } from './support/hosts.ts'
import { type Lane, lanes, type Receiver, receiverOf } from './support/lanes.ts'

interface Scene {
  readonly one: Receiver
  readonly two: Receiver
  readonly on: { readonly group: string; readonly interface: string }
  readonly A: string
  readonly B: string
}

/** A call, and the record that goes on the wire for it, if any: `TO_EX`, `BLOCK A,B`. */
type Step = readonly [act: (scene: Scene) => unknown, record?: string]

const join =
  (who: 'one' | 'two', source?: 'A' | 'B') =>
  ({ on, ...scene }: Scene) =>
    scene[who].control.join(source === undefined ? on : { ...on, source: scene[source] })
const held = ({ one }: Scene, source?: string) =>
  one.control.memberships.find((membership) => membership.source === source)
const leave = (source?: 'A' | 'B') => (scene: Scene) => held(scene, source && scene[source])?.leave()
const filter =
  (mode: 'include' | 'exclude', ...sources: ('A' | 'B')[]) =>
  (scene: Scene) =>
    scene.one.control.setSourceFilter(scene.on, { mode, sources: sources.map((source) => scene[source]) })

const rows: Readonly<Record<string, readonly Step[]>> = {
  'any-source: join, leave': [
    [join('one'), 'TO_EX'],
    [leave(), 'TO_IN'],
  ],
  'any-source: join, close the socket': [
    [join('one'), 'TO_EX'],
    [({ one }) => one.close(), 'TO_IN'],
  ],
  'source-specific: join two sources, leave each': [
    [join('one', 'A'), 'ALLOW A'],
    [join('one', 'B'), 'ALLOW B'],
    [leave('A'), 'BLOCK A'],
    [leave('B'), 'BLOCK B'],
  ],
  'source-specific: join two sources, close the socket': [
    [join('one', 'A'), 'ALLOW A'],
    [join('one', 'B'), 'ALLOW B'],
    [({ one }) => one.close(), 'BLOCK A,B'],
  ],
  'any-source: block, unblock': [
    [join('one'), 'TO_EX'],
    [(scene) => held(scene)?.block(scene.A), 'BLOCK A'],
    [(scene) => held(scene)?.unblock(scene.A), 'ALLOW A'],
    [leave(), 'TO_IN'],
  ],
  'join and block at once': [
    [
      ({ one: { control: c }, on, A }) =>
        Promise.all([c.set(MCAST_JOIN_GROUP, on), c.set(MCAST_BLOCK_SOURCE, { ...on, source: A })]),
      'TO_EX A',
    ],
  ],
  'source filters from one to the next': [
    [join('one'), 'TO_EX'],
    [filter('include', 'A'), 'TO_IN A'],
    [filter('include', 'A', 'B'), 'ALLOW B'],
    [filter('include', 'B'), 'BLOCK A'],
    [filter('exclude', 'A'), 'TO_EX A'],
    [filter('exclude', 'A', 'B'), 'BLOCK B'],
    [filter('exclude'), 'ALLOW A,B'],
    [filter('include'), 'TO_IN'],
  ],
  'a second socket with the same join says nothing': [
    [join('one'), 'TO_EX'],
    [join('two')],
    [({ two }) => two.close()],
    [leave(), 'TO_IN'],
  ],
  'a second socket that takes any source opens the group, until it closes': [
    [join('one', 'A'), 'ALLOW A'],
    [join('two'), 'TO_EX'],
    [({ two }) => two.close(), 'TO_IN A'],
  ],
}

const versionOf = ({ family, interface: on }: Lane) =>
  family === 4 ? `net/ipv4/conf/${on}/force_igmp_version` : `net/ipv6/conf/${on}/force_mld_version`

const written = ({ sources: [A, B] }: Lane, group: string, record: string) => {
  const [kind, names] = record.split(' ')
  return { kind, group, sources: names?.split(',').map((name) => (name === 'A' ? A : B)) ?? [] }
}
const capturing = (hosts: TwoHosts, { at, family }: Lane) => captureReports(hosts, hosts.pairs[at], family)

describeWithCaptures('on the wire of every interface, IPv4 and IPv6', () => {
  let hosts: TwoHosts
  let captures: Capture[]
  beforeAll(async () => {
    hosts = await twoHosts()
    captures = await Promise.all(lanes.map((lane) => capturing(hosts, lane)))
  })
  afterAll(async () => {
    await Promise.all(captures.map((capture) => capture[Symbol.asyncDispose]()))
    await hosts.dispose()
  })

  it.each(Object.entries(rows))('%s', async (_, steps) => {
    const go = async (capture: Capture, lane: Lane) => {
      const [one, two] = [await receiverOf(lane), await receiverOf(lane)]
      const [A, B] = lane.sources
      const scene: Scene = { one, two, on: { group: lane.group, interface: lane.interface }, A, B }
      for (const [index, [act, record]] of steps.entries())
        expect(await capture.step(() => act(scene)), `step ${index + 1} over ${lane.name}`).toEqual(
          record === undefined ? [] : [written(lane, lane.group, record)],
        )
      await capture.step(() => Promise.all([one.close(), two.close()]))
    }
    await Promise.all(lanes.map((lane, at) => go(captures[at] as Capture, lane)))
  })

  it('each report is as its RFC has it', () => {
    for (const [index, { family, local, at }] of lanes.entries()) {
      const { reports = [] } = captures[index] ?? {}
      expect(reports.length).toBeGreaterThan(0)
      for (const report of reports)
        expect(report).toMatchObject(
          family === 4
            ? { from: local[0], to: '224.0.0.22', hopLimit: 1, trafficClass: 0xc0, routerAlert: true }
            : { from: hosts.pairs[at].a.linkLocal, to: 'ff02::16', hopLimit: 1, routerAlert: true },
        )
    }
  })
})

/** All lanes at once, each with a capture and a socket of its own. */
async function onEveryLane(hosts: TwoHosts, go: (lane: Lane, capture: Capture, c: SocketControl) => Promise<void>) {
  const each = async (lane: Lane) => {
    await using capture = await capturing(hosts, lane)
    await go(lane, capture, (await receiverOf(lane)).control)
  }
  await Promise.all(lanes.map(each))
}

describeWithCaptures('on the wire', () => {
  it('the group of all hosts is never reported', async () => {
    await using hosts = await twoHosts()
    await onEveryLane(hosts, async ({ family, interface: on }, capture, c) => {
      const group = family === 4 ? '224.0.0.1' : 'ff02::1'
      expect(await capture.step(() => c.join({ group, interface: on }))).toEqual([])
      expect(await capture.step(() => c.memberships[0]?.leave())).toEqual([])
    })
  })

  it('a link that comes back is told everything again', async () => {
    await using hosts = await twoHosts()
    const bounce = async () => {
      for (const state of ['down', 'up'])
        for (const { a } of hosts.pairs) await hosts.ip('A', 'link', 'set', a.name, state)
    }
    let bounced: Promise<void> | undefined
    let joined = 0
    const everybody = new EventEmitter()
    await onEveryLane(hosts, async (lane, capture, c) => {
      const { group, channel, interface: on } = lane
      const [source] = lane.sources
      const channels = [
        { group, interface: on },
        { group: channel, source, interface: on },
      ]
      await capture.step(() => c.joinAll(channels))
      joined += 1
      if (joined === lanes.length) everybody.emit('joined')
      else await once(everybody, 'joined')

      bounced ??= bounce()
      const records = await capture.step(() => bounced)
      const told = [written(lane, group, 'TO_EX'), written(lane, channel, 'ALLOW A')]
      expect(records.filter((record) => [group, channel].includes(record.group))).toEqual(expect.arrayContaining(told))
      expect(c.memberships.map(({ active }) => active)).toEqual([true, true])
    })
  })

  it('an older version of the protocol loses the source', async () => {
    await using hosts = await twoHosts()
    for (const lane of lanes) await hosts.sysctl('A', versionOf(lane), lane.family === 4 ? 2 : 1)
    await onEveryLane(hosts, async ({ family, channel, interface: on, sources: [source] }, capture, c) => {
      const [report, leave, routers] =
        family === 4 ? ['V2_REPORT', 'V2_LEAVE', '224.0.0.2'] : ['MLD1_REPORT', 'MLD1_DONE', 'ff02::2']
      const joined = await capture.step(() => c.join({ group: channel, source, interface: on }))
      expect(joined).toEqual([{ kind: report, group: channel, sources: [] }])
      const left = await capture.step(() => c.memberships[0]?.leave())
      expect(left).toContainEqual({ kind: leave, group: channel, sources: [] })
      const sent = capture.reports.find(({ records }) => records.some(({ kind }) => kind === leave))
      expect(sent?.to).toBe(routers)
    })
  })
})
