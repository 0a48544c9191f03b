// A process that has used its descriptors up can still give back what it holds.
import { expect, it } from 'vitest'
import { describeInNamespace } from './support/namespace.ts'
import { spawnScript } from './support/processes.ts'

const prelude = `
  import { closeSync, openSync, readFileSync } from 'node:fs'
  import { createSocket } from 'node:dgram'
  import { once } from 'node:events'
  import { control, openReceiver } from 'sockctl'
  import { tell } from '${new URL('support/stdio.mjs', import.meta.url)}'
  const held = []
  const useUp = (left) => {
    try { for (;;) held.push(openSync('/dev/null')) } catch {}
    for (let i = 0; i < left; i++) closeSync(held.pop())
  }
  const free = () => { for (const fd of held.splice(0)) closeSync(fd) }
  const joined = () => readFileSync('/proc/self/net/igmp', 'utf8').split('\\n').filter((line) => /^\\t+0[0-9A-F]0109EF/.test(line)).length`
const limited = ['sh', '-c', 'ulimit -n 60 && exec "$@"', 'sh']

describeInNamespace('a process without a free descriptor', () => {
  it('leaves its memberships, one socket after the other', async () => {
    await using child = spawnScript(
      {
        code: `${prelude}
      const memberships = []
      for (let i = 1; i <= 4; i++) {
        const socket = createSocket('udp4').bind(0, '127.0.0.1')
        await once(socket, 'listening')
        for (let n = 0; n < 3; n++) memberships.push(await control(socket).join({ group: '239.9.1.' + (i * 3 + n - 2), interface: 'lo' }))
      }
      const before = joined()
      useUp(0)
      const leaves = await Promise.allSettled(memberships.map((one) => one.leave()))
      const active = memberships.filter((one) => one.active).length
      free()
      tell({ before, after: joined(), refused: leaves.filter(({ status }) => status === 'rejected').length, active })
      process.exit()`,
      },
      [],
      limited,
    )
    expect(await child.next()).toEqual({ before: 12, after: 0, refused: 0, active: 0 })
  })

  it.each([0, 1, 2, 3, 4, 5, 6])('joins all or none of 15 channels with %d left', async (left) => {
    await using child = spawnScript(
      {
        code: `${prelude}
      const receiver = await openReceiver({ address: '0.0.0.0' })
      const channels = Array.from({ length: 15 }, (_, i) => ({ group: '239.9.1.' + (i + 1), interface: 'lo' }))
      await receiver.control.join({ group: '239.8.1.1', interface: 'lo' })
      useUp(${left})
      const outcome = await receiver.joinAll(channels).then((all) => all.length, (error) => error.reason)
      free()
      tell({ outcome, joined: joined(), memberships: receiver.memberships.length })
      process.exit()`,
      },
      [],
      limited,
    )
    const { outcome, joined } = await child.next<{ outcome: unknown; joined: number }>()
    expect([
      [15, 15],
      ['limit', 0],
    ]).toContainEqual([outcome, joined])
  })
})
