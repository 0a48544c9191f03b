// What a sender does if the kernel refuses to segment: it sends without, and remembers what was refused.
import { constants } from 'node:os'
import { expect, it } from 'vitest'
import { describeInNamespace } from './support/namespace.ts'
import { buildPreload, preloading } from './support/preload.mjs'
import { spawnScript } from './support/processes.ts'

const code = `
  import { openReceiver, openSender } from 'sockctl'
  import { tell } from '${new URL('support/stdio.mjs', import.meta.url)}'

  const receiver = await openReceiver({ address: '127.0.0.1' })
  const sender = await openSender({ to: { address: '127.0.0.1', port: receiver.address.port } })
  const reading = receiver[Symbol.asyncIterator]()
  const rounds = []
  for (const size of [1000, 1000, 500]) {
    const sent = await sender.send(Array.from({ length: 4 }, (_, n) => Buffer.alloc(size, n))).catch(({ code }) => code)
    const arrived = []
    while (arrived.length < sent) for (const { data } of (await reading.next()).value) arrived.push([data.length, data[0]])
    const { segmented, segmentation, longestSegment, datagrams } = sender.stats()
    rounds.push({ sent, arrived, segmented, segmentation, longestSegment, datagrams })
  }
  tell({ rounds })
  process.exit()`

type Round = Readonly<
  Record<'sent' | 'arrived' | 'segmented' | 'segmentation' | 'longestSegment' | 'datagrams', unknown>
>

describeInNamespace('a sender whose first segments are refused', () => {
  const library = buildPreload('faults')
  const rounds = async (errno: number): Promise<Round[]> => {
    const faults = [preloading(library), `SOCKCTL_FAULT=sendmmsg 1 ${errno}`]
    await using peer = spawnScript({ code }, [], ['env', ...faults])
    return (await peer.next<{ rounds: Round[] }>()).rounds
  }
  const fours = (size: number) => [0, 1, 2, 3].map((n) => [size, n])

  it.each(['EIO', 'ENOPROTOOPT', 'EOPNOTSUPP'] as const)('with %s segments nothing any more', async (name) => {
    const told = await rounds(constants.errno[name])
    expect(told.map(({ arrived }) => arrived)).toEqual([fours(1000), fours(1000), fours(500)])
    expect(told.map(({ segmented, segmentation, datagrams }) => [segmented, segmentation, datagrams])).toEqual([
      [0, false, 4],
      [0, false, 8],
      [0, false, 12],
    ])
  })

  it.each(['EINVAL', 'EMSGSIZE'] as const)('with %s segments what is shorter', async (name) => {
    const told = await rounds(constants.errno[name])
    expect(told.map(({ arrived }) => arrived)).toEqual([fours(1000), fours(1000), fours(500)])
    expect(
      told.map(({ segmented, segmentation, longestSegment }) => [segmented, segmentation, longestSegment]),
    ).toEqual([
      [0, true, 999],
      [0, true, 999],
      [4, true, 999],
    ])
  })

  it('with any other error is told of it, and goes on', async () => {
    const [first, second] = await rounds(constants.errno.ENOBUFS)
    expect(first).toMatchObject({ sent: 'ENOBUFS', segmented: 0, segmentation: true, datagrams: 0 })
    expect(second).toMatchObject({ sent: 4, segmented: 4, segmentation: true, datagrams: 4 })
  })
})
