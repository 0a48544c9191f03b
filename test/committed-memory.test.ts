// Memory is committed as it is used: a receiver that hears little takes little.
import { expect, it } from 'vitest'
import { spawnScript } from './support/processes.ts'

it('200 default receivers take less than a megabyte each at their first datagram', async () => {
  await using child = spawnScript({
    code: `
    import { readFileSync } from 'node:fs'
    import { openReceiver, openSender } from 'sockctl'
    import { tell } from '${new URL('support/stdio.mjs', import.meta.url)}'
    const resident = () => Number(/VmRSS:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024
    const sender = await openSender({})
    const hear = async () => {
      const receiver = await openReceiver({ address: '127.0.0.1' })
      await sender.send(Buffer.from('x'), receiver.address)
      await receiver[Symbol.asyncIterator]().next()
      return receiver
    }
    const receivers = [await hear()]
    const before = resident()
    while (receivers.length < 200) receivers.push(await hear())
    tell({ megabytes: resident() - before })
    process.exit()`,
  })
  const { megabytes } = await child.next<{ megabytes: number }>()
  expect(megabytes).toBeLessThan(100)
})
