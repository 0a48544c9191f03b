import { execFileSync } from 'node:child_process'
import { expect, it, onTestFinished } from 'vitest'
import { ip } from './support/commands.ts'
import { following, indexOf } from './support/keeping.ts'
import { families } from './support/lanes.ts'
import { describeInNamespace } from './support/namespace.ts'
import { kernelGroups } from './support/net-stat.ts'
import { opened } from './support/receiving.ts'

const nothing = (): void => {}

describeInNamespace('an interface of which more is to tell than the kernel has room for', () => {
  it.each(families)(
    'is joined on again after it was deleted and made with the same index, over IPv$family',
    async ({ group }) => {
      const plug = (index: number) => `link add k0 ${index > 0 ? `index ${index}` : ''} type veth peer name k1`
      const up = 'link set k1 up\nlink set k0 up'
      execFileSync('ip', ['-batch', '-'], { input: `${plug(0)}\n${up}\n` })
      onTestFinished(() => ip('link', 'delete', 'k0').then(nothing, nothing))
      const index = indexOf('k0')
      const receiver = await opened({ channels: [{ group, interface: 'k0' }] })
      const [membership] = receiver.memberships
      const kept = following(receiver)
      const lines = Array.from({ length: 3000 }, () => 'link set k1 down\nlink set k1 up').join('\n')
      // While this thread waits, thousands of notices come, of which most are lost: those of the deletion too.
      execFileSync('ip', ['-batch', '-'], { input: `${lines}\nlink delete k0\n${plug(index)}\n${up}\n` })
      await kept.event('renewed')
      expect(membership).toMatchObject({ active: true, interface: { name: 'k0', index } })
      expect(kernelGroups().filter((one) => one.group === group)).toMatchObject([{ index, users: 1 }])
    },
  )
})
