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

it('a closed receiver keeps no memory for datagrams, though somebody keeps the receiver', async () => {
  await using child = spawnScript({
    code: `
    import { openReceiver, openSender } from 'sockctl'
    import { tell } from '${new URL('support/stdio.mjs', import.meta.url)}'
    import { setFlagsFromString } from 'node:v8'
    import { runInNewContext } from 'node:vm'
    setFlagsFromString('--expose-gc')
    const gc = runInNewContext('gc')
    const reserved = () => (gc(), process.memoryUsage().external / 2 ** 20)
    const before = reserved()
    const sender = await openSender({})
    const receiver = await openReceiver({ address: '127.0.0.1' })
    await sender.send(Buffer.from('x'), receiver.address)
    await receiver[Symbol.asyncIterator]().next()
    const open = reserved() - before
    await receiver.close()
    // What the collector found is handed back at the next turn.
    for (let turn = 0; turn < 4; turn++) {
      gc()
      await new Promise(setImmediate)
    }
    tell({ open, closed: reserved() - before, heard: receiver.stats().datagrams })
    process.exit()`,
  })
  const { open, closed, heard } = await child.next<{ open: number; closed: number; heard: number }>()
  expect(heard).toBe(1)
  expect(open).toBeGreaterThan(3)
  expect(closed).toBeLessThan(1)
})
