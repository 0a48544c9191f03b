// Receivers where the runtime refuses memory that is not its own, as Electron does.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { targetHere } from '../lib/binding/target.mjs'
import { buildPreload } from './support/preload.mjs'
import { spawnProgram } from './support/processes.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const home = mkdtempSync(join(tmpdir(), 'sockctl-electron-'))
afterAll(() => rmSync(home, { recursive: true }))

/** The built package, whose addon asks the preloaded library for external memory, and Node for all else. */
function packageOfElectron(): void {
  for (const part of ['dist', 'package.json']) cpSync(join(root, part), join(home, part), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(home, 'node_modules'))
  const binary = `prebuilds/${targetHere()}/sockctl.node`
  // Names of the same length in the table of strings. Of undefined symbols the linker keeps no hashes.
  const addon = readFileSync(join(root, binary), 'latin1').replaceAll(
    '\0napi_create_external_',
    '\0none_create_external_',
  )
  mkdirSync(join(home, binary, '..'), { recursive: true })
  writeFileSync(join(home, binary), addon, 'latin1')
}

const program = `
  import { openReceiver, openSender } from 'sockctl'
  const SIZE = 1400
  const COUNT = 64
  const receiver = await openReceiver({ address: '127.0.0.1', batch: COUNT, maxDatagram: SIZE, options: [] })
  const sender = await openSender({ to: receiver.address })
  const reader = receiver[Symbol.asyncIterator]()
  const datagramOf = (size, round, n) => Buffer.alloc(size, (round * 31 + n) % 251)
  /** Sends \`count\` datagrams, and gives how many of those that came have the right bytes. */
  async function exchange(size, count, round) {
    const sent = Array.from({ length: count }, (_, n) => datagramOf(size, round, n))
    await sender.send(sent)
    const got = []
    while (got.length < count) got.push(...(await reader.next()).value)
    return got.filter(({ data }, n) => data.equals(sent[n])).length
  }
  let right = 0
  const memory = []
  const kept = []
  for (let window = 0; window < 5; window++) {
    for (let round = 0; round < 300; round++) {
      right += await exchange(SIZE, COUNT, round)
      right += await exchange(3, 2, round)
    }
    gc()
    gc()
    memory.push(process.memoryUsage.rss())
  }
  await receiver.close()
  await sender.close()
  console.log(JSON.stringify({ right, growth: memory.slice(1).map((bytes, n) => bytes - memory[n]) }))`

it('a receiver reads full and small batches into memory of the runtime, and its memory stays what it was', async () => {
  packageOfElectron()
  const preload = `LD_PRELOAD=${buildPreload('electron')}`
  const node = [process.execPath, '--expose-gc', '--input-type=module', '--eval', program]
  await using child = spawnProgram(['env', '-C', home, preload, ...node])
  const { right, growth } = await child.next<{ right: number; growth: number[] }>()
  expect({ ...(await child.exited), stderr: child.stderr() }).toEqual({
    code: 0,
    signal: null,
    stderr: 'refused: buffer\n',
  })
  expect(right).toBe(5 * 300 * 66)
  // A window reads 27 MB, so that a leak would show in each.
  expect(Math.min(...growth)).toBeLessThan(2 ** 20)
})
