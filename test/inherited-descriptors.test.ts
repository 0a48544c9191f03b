// Holds that programs a process starts inherit none of the descriptors the addon makes, however short they live.
import { expect, it } from 'vitest'
import { describeInNamespace } from './support/namespace.ts'
import { buildPreload, preloading } from './support/preload.mjs'
import { spawnScript } from './support/processes.ts'

const support = new URL('support/', import.meta.url)

describeInNamespace('every life cycle', () => {
  it('makes descriptors that close on exec alone', async () => {
    const code = `
      import { cycles } from '${support}life-cycles.mjs'
      import { tell } from '${support}stdio.mjs'
      const done = []
      for (const [name, cycle] of Object.entries(cycles)) {
        await cycle()
        done.push(name)
      }
      tell({ done })`
    await using peer = spawnScript({ code }, [], ['env', preloading(buildPreload('inheritable'))])
    const { done } = await peer.next<{ done: string[] }>()
    expect(done).toContain('joinByAddress')
    await peer.exited
    const [, made, inheritable] = /descriptors: (\d+) made, (\d+) inheritable/.exec(peer.stderr()) ?? []
    expect(Number(made)).toBeGreaterThan(done.length)
    expect(inheritable).toBe('0')
  })
})
