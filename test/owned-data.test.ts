import { expect, it } from 'vitest'
import { describeInNamespace } from './support/namespace.ts'
import { spawnProgram } from './support/processes.ts'

const stdio = new URL('./support/stdio.mjs', import.meta.url)

/**
 * Reads batch after batch while the garbage collector runs, keeps a datagram of each, and tells which of these changed.
 */
const code = (gro: boolean) => `
  import { setImmediate as turn } from 'node:timers/promises'
  import { openReceiver, openSender } from 'sockctl'
  import { tell } from '${stdio}'
  const EACH = 32
  const receiver = await openReceiver({ address: '127.0.0.1', maxDatagram: 1400, batch: EACH, gro: ${gro} })
  const to = { address: '127.0.0.1', port: receiver.address.port }
  const sender = await openSender({ to, segmentation: ${gro} })
  const kept = []
  const batches = receiver[Symbol.asyncIterator]()
  for (let round = 0; round < 400; round++) {
    await sender.send(Array.from({ length: EACH }, () => Buffer.alloc(1316, round)))
    for (let due = EACH; due > 0; ) {
      const { value } = await batches.next()
      due -= value.length
      kept.push({ round, data: value.at(-1).data })
    }
    if (round % 8 !== 0) continue
    gc()
    await turn()
  }
  const changed = kept.filter(({ round, data }) => data.length !== 1316 || data.some((byte) => byte !== round % 256))
  tell({ rounds: new Set(kept.map(({ round }) => round)).size, changed: changed.map(({ round }) => round) })
  await receiver.close()
  await sender.close()`

describeInNamespace('the data of a datagram', () => {
  it.each([
    ['as it came', false],
    ['coalesced', true],
  ])('is the reader’s for as long as it is kept, %s, while memory nobody holds is read into again', async (_, gro) => {
    await using child = spawnProgram([process.execPath, '--expose-gc', '--input-type=module', '--eval', code(gro)])
    expect(await child.next()).toEqual({ rounds: 400, changed: [] })
    expect(await child.exited, child.stderr()).toEqual({ code: 0, signal: null })
  })
})
