// The built library under Bun and Deno, as users run it: what works, and what is refused and how.
import { describe, expect, it } from 'vitest'
import { findRuntime } from '../scripts/runtimes.mjs'
import { describeUnless, namespaceMissing } from './support/namespace.ts'
import { spawnProgram } from './support/processes.ts'

const PROGRAMS = new URL('./support/in-runtime.mjs', import.meta.url).pathname

const runtimes = [
  { name: 'Bun', ...findRuntime('bun'), flags: [] },
  { name: 'Deno', ...findRuntime('deno'), flags: ['run', '--allow-all'] },
] as const

for (const { name, version, path, missing, flags } of runtimes) {
  /** What a program of in-runtime.mjs gives. It must end by itself, with nothing on stderr. */
  const given = async <T>(program: string): Promise<T> => {
    await using child = spawnProgram(['timeout', '20', path ?? '', ...flags, PROGRAMS, program])
    const { gave } = await child.next<{ gave: T }>()
    expect({ ...(await child.exited), stderr: child.stderr() }).toEqual({ code: 0, signal: null, stderr: '' })
    return gave
  }
  const refused = {
    code: 'ERR_UNSUPPORTED',
    reason: 'unsupported',
    message: expect.stringContaining(`under ${name} ${version}`),
  }

  describeUnless(missing ?? namespaceMissing, `sockctl under ${name}`, () => {
    it('tells the interfaces', async () => expect(await given('interfaces')).toContain('lo'))

    it('watches the interfaces', async () => expect(await given('watchInterfaces')).toContain('present lo'))

    it('sets and reads options of the sockets of node:dgram and node:net', async () => {
      expect(await given('options')).toEqual({
        dgramOptions: [7, 131072],
        netOptions: [true, true],
        fd: expect.any(Number),
      })
    })

    it('joins, blocks and leaves on a socket of node:dgram', async () => {
      expect(await given('memberships')).toEqual({ blocked: ['127.0.0.9'], held: 16, left: 0 })
    })

    it('refuses a socket that is not open yet, or not any more', async () => {
      expect(await given('closedSockets')).toEqual(['closed', 'closed', 'closed', 'closed'])
    })

    it('gives the same control to import and require', async () => expect(await given('requiredToo')).toBe(true))

    it('opens, connects and closes sockets of its own', async () => {
      expect(await given('openedSocket')).toEqual([131072, '127.0.0.1', true])
    })

    describe('receivers', () => {
      it('hear each of 50 datagrams, and leave no socket when closed', async () => {
        expect(await given('receive')).toEqual({ right: 50, stillOpen: 0 })
      })

      it('let timers run while datagrams come all the time', async () => {
        const { ticks, datagrams } = await given<{ ticks: number; datagrams: number }>('busy')
        expect(ticks).toBeGreaterThan(5)
        expect(datagrams).toBeGreaterThan(1000)
      })

      it.each(['leftOpen', 'exitWhileReading'])('let the process end: %s', async (program) => {
        expect(await given(program)).toBeTypeOf('string')
      })

      it('end with the worker that is terminated while it reads', async () => {
        expect(await given('workers')).toEqual({ right: 50, stillOpen: 0 })
      })
    })

    it('hands an opened socket over, or says that the runtime takes none', async () => {
      const heard = { answer: 'hello' }
      expect(await given('toDatagram')).toEqual(name === 'Deno' ? refused : heard)
      expect(await given('toStream')).toEqual(name === 'Bun' ? refused : heard)
      expect(await given('toServer')).toEqual(heard)
    })
  })
}
