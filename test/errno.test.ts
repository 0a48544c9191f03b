import { SocketOptionError } from 'sockctl'
import { describe, expect, it } from 'vitest'
import { stateOf, type Verb, type Way, waysOf } from './support/calls.ts'
import { describeOnHosts } from './support/hosts.ts'
import { heard, lanes, receiverOf } from './support/lanes.ts'

/** `join`, `block A`, `include nobody`: what to do, and with which of the lane's sources (or another, below). */
type Step = `${Verb}${'' | ` ${string}`}`

interface Row {
  readonly after: readonly Step[]
  readonly step: Step
  readonly reason: string
  /** The kernel's error code, if the kernel refuses; `ERR_...` if the library refuses what the kernel would accept. */
  readonly code: string
  /** If given: the sources that must still be heard afterwards. */
  readonly hears?: readonly ('A' | 'B')[]
}

const rows: readonly Row[] = [
  { after: ['join'], step: 'join', reason: 'already-member', code: 'EADDRINUSE' },
  { after: ['join', 'block A'], step: 'join', reason: 'already-member', code: 'EADDRINUSE', hears: ['B'] },
  { after: ['join-source A'], step: 'join', reason: 'filter-mode', code: 'EADDRINUSE', hears: ['A'] },
  { after: ['join'], step: 'join-source A', reason: 'filter-mode', code: 'ERR_FILTER_MODE', hears: ['A', 'B'] },
  {
    after: ['join', 'block A'],
    step: 'join-source B',
    reason: 'filter-mode',
    code: 'ERR_FILTER_MODE',
    hears: ['B'],
  },
  {
    after: ['join', 'block A', 'unblock A'],
    step: 'join-source A',
    reason: 'filter-mode',
    code: 'ERR_FILTER_MODE',
    hears: ['A', 'B'],
  },
  { after: ['join-source A'], step: 'join-source A', reason: 'already-member', code: 'EADDRNOTAVAIL' },
  { after: [], step: 'leave', reason: 'not-member', code: 'EADDRNOTAVAIL' },
  { after: ['join', 'leave'], step: 'leave', reason: 'not-member', code: 'EADDRNOTAVAIL' },
  { after: ['join-source A'], step: 'leave-source B', reason: 'not-member', code: 'EADDRNOTAVAIL', hears: ['A'] },
  { after: ['join'], step: 'unblock A', reason: 'not-member', code: 'EADDRNOTAVAIL' },
  { after: ['join', 'block A'], step: 'unblock B', reason: 'not-member', code: 'EADDRNOTAVAIL' },
  { after: ['join', 'block A'], step: 'block A', reason: 'already-member', code: 'EADDRNOTAVAIL', hears: ['B'] },
  { after: ['join-source A'], step: 'block A', reason: 'filter-mode', code: 'EINVAL', hears: ['A'] },
  { after: ['join-source A'], step: 'block B', reason: 'filter-mode', code: 'EINVAL', hears: ['A'] },
  { after: ['join-source A'], step: 'unblock A', reason: 'filter-mode', code: 'EINVAL', hears: ['A'] },
  { after: ['join'], step: 'leave-source A', reason: 'filter-mode', code: 'ERR_FILTER_MODE', hears: ['A', 'B'] },
  {
    after: ['join', 'block A'],
    step: 'leave-source A',
    reason: 'filter-mode',
    code: 'ERR_FILTER_MODE',
    hears: ['B'],
  },
  { after: [], step: 'block A', reason: 'not-member', code: 'EINVAL' },
  { after: [], step: 'unblock A', reason: 'not-member', code: 'EINVAL' },
  { after: [], step: 'leave-source A', reason: 'not-member', code: 'EINVAL' },
  { after: [], step: 'include A', reason: 'not-member', code: 'EINVAL' },
  { after: [], step: 'exclude', reason: 'not-member', code: 'EINVAL' },
  { after: [], step: 'include', reason: 'not-member', code: 'EADDRNOTAVAIL' },
  { after: ['join', 'include'], step: 'include', reason: 'not-member', code: 'EADDRNOTAVAIL' },
  { after: [], step: 'get-filter', reason: 'not-member', code: 'EADDRNOTAVAIL' },
  { after: ['join'], step: 'other-mode', reason: 'bad-value', code: 'ERR_INVALID_VALUE' },
  ...['nobody', 'group', 'twice'].flatMap((source): Row[] => {
    const refused = { reason: 'bad-value', code: 'ERR_INVALID_VALUE', hears: ['A', 'B'] } as const
    return [
      { ...refused, after: ['join'], step: `include ${source}` },
      { ...refused, after: ['join'], step: `exclude ${source}` },
    ]
  }),
  ...['nobody', 'group'].flatMap((source): Row[] => {
    const refused = { reason: 'bad-value', code: 'ERR_INVALID_VALUE' } as const
    return [
      { ...refused, after: [], step: `join-source ${source}` },
      { ...refused, after: ['join-source A'], step: `join-source ${source}`, hears: ['A'] },
      { ...refused, after: ['join'], step: `block ${source}`, hears: ['A', 'B'] },
    ]
  }),
]

const named = rows.map((row) => ({ ...row, name: [...row.after, row.step].join(', ') }))

describeOnHosts('a call that the kernel refuses, or should', (hosts) => {
  describe.each(lanes)('over $name', (lane) => {
    const [A, B] = lane.sources
    const sourcesOf: Record<string, readonly string[]> = {
      A: [A],
      B: [B],
      nobody: [lane.wildcard],
      group: [lane.otherGroup],
      twice: [A, B, A],
    }
    const perform = (way: Way, step: Step): Promise<unknown> => {
      const [verb, names] = step.split(' ') as [Verb, string?]
      const sources = [...(sourcesOf[names ?? ''] ?? [])]
      const call = way[verb]
      if (!call) throw new Error(`no way to ${step}`)
      return call(sources)
    }
    const can = (way: Way, steps: readonly Step[]) => steps.every((step) => way[step.split(' ')[0] as Verb])

    it.each(named)('$name is refused: $reason', async ({ after, step, reason, code, hears }) => {
      const names = Object.keys(waysOf(await receiverOf(lane), lane))
      for (const name of names) {
        const receiver = await receiverOf(lane)
        const way = waysOf(receiver, lane)[name] ?? {}
        if (!can(way, [...after, step])) continue
        for (const each of after) await perform(way, each)
        const before = await stateOf(receiver, lane)

        const error = await perform(way, step).then(
          () => undefined,
          (refusal: unknown) => refusal,
        )
        expect(error, `${name}: ${step}`).toBeInstanceOf(SocketOptionError)
        expect(error, name).toMatchObject({ reason })
        // The control may refuse without asking the kernel.
        const said = name === 'the control' ? ['ERR_FILTER_MODE'] : []
        expect([code, ...said], name).toContain((error as SocketOptionError).code)
        expect(await stateOf(receiver, lane), `${name}: what the kernel has`).toEqual(before)
        if (hears)
          expect(await heard(hosts(), lane, receiver, lane.group), `${name}: what arrives`).toEqual(
            hears.map((source) => (source === 'A' ? A : B)),
          )
        await receiver.close()
      }
    })
  })
})
