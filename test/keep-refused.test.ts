import { control, openReceiver } from 'sockctl'
import { describe, expect, it } from 'vitest'
import { kernelGroups } from './support/net-stat.ts'
import { fc } from './support/property.ts'
import { openKind } from './support/sockets.ts'
import { anything } from './support/wrong-values.ts'

const channel = { group: '239.1.2.3', interface: 'lo' }

describe('how a channel is kept', () => {
  it.each([
    [{ renewAfter: -1 }, /renewAfter is -1/],
    [{ renewAfter: 999 }, /renewAfter is 999/],
    [{ renewAfter: 1.5e3 + 0.5 }, /renewAfter is 1500.5/],
    [{ renewAfter: true }, /renewAfter is true/],
    [{ renewAfter: Infinity }, /renewAfter is Infinity/],
    [{ waitForInterface: 1 }, /waitForInterface is 1/],
    [{ renewafter: 5000 }, /unknown option 'renewafter'/],
    ['yes', /keep is 'yes'/],
    [0, /keep is 0/],
    [null, /keep is null/],
  ])('is not %o', async (keep, words) => {
    await expect(openReceiver({ channels: [channel], keep: keep as never })).rejects.toThrow(words)
    await using opened = await openKind('udp4')
    await expect(control(opened.socket).join(channel, { keep: keep as never })).rejects.toThrow(words)
    expect(kernelGroups().filter(({ group }) => group === channel.group)).toEqual([])
  })

  it('is not what only a receiver can do, on a socket that the program reads', async () => {
    await using opened = await openKind('udp4')
    for (const keep of [{ renewAfter: 5000 }, { waitForInterface: true }])
      await expect(control(opened.socket).join(channel, { keep })).rejects.toMatchObject({ reason: 'bad-value' })
  })

  it('is not for a bare number, which may be another socket at any time', async () => {
    await using opened = await openKind('udp4')
    const { fd } = control(opened.socket)
    await expect(control(fd).join(channel, { keep: true })).rejects.toMatchObject({ reason: 'bad-value' })
    expect(control(opened.socket).memberships).toEqual([])
  })

  it('is not made of anything else', async () => {
    await using opened = await openKind('udp4')
    const c = control(opened.socket)
    await fc.assert(
      fc.asyncProperty(anything, async (value) => {
        for (const options of [{ keep: value }, { onChange: value }, value]) {
          const outcome = await c.join(channel, options as never).catch((error: unknown) => error)
          if (outcome instanceof Error) expect(['SocketOptionError', 'TypeError']).toContain(outcome.name)
          else await (outcome as { leave(): Promise<void> }).leave()
        }
      }),
      { numRuns: 100 },
    )
  })
})
