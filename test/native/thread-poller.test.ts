// Pollers that wait on a thread: the thread's queue, its end, and what becomes of a poller that is forgotten or cut off.
import { readdirSync } from 'node:fs'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { READABLE, WRITABLE } from '../../lib/binding/poller.ts'
import { targetHere } from '../../lib/binding/target.mjs'
import { addon, boundTo, collect, sendTo } from '../support/native-sockets.ts'
import { spawnScript } from '../support/processes.ts'

function pollerOf() {
  const poller = new addon.Poller('thread')
  onTestFinished(() => poller.close())
  return poller
}

const threads = () => readdirSync('/proc/self/task').length
const descriptors = () => readdirSync('/proc/self/fd').length

/** Keeps JavaScript from running, so that whatever the thread queues waits. */
const block = (milliseconds: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)

describe('the thread of pollers', () => {
  it('queues one call while JavaScript is busy, however long its descriptor has been ready', async () => {
    const poller = pollerOf()
    poller.watch(boundTo('127.0.0.1').fd, WRITABLE)
    let calls = 0
    poller.start(() => {
      calls++
      poller.stop()
    })
    block(30)
    await setTimeout(30)
    expect(calls).toBe(1)
  })

  it('does not call for what was read meanwhile, and calls for what comes next', async () => {
    const poller = pollerOf()
    const [to, from] = [boundTo('127.0.0.1'), boundTo('127.0.0.1')]
    const reader = new addon.DatagramReader(1, 64, 64, 512)
    poller.watch(to.fd, READABLE)
    let calls = 0
    let called = () => {}
    poller.start(() => {
      calls++
      reader.read(to.fd)
      called()
    })
    sendTo(from.fd, to, Buffer.from('x'))
    block(30)
    expect(reader.read(to.fd)).toBe(1)
    await setTimeout(30)
    expect(calls).toBe(0)
    await new Promise<void>((resolve) => {
      called = resolve
      sendTo(from.fd, to, Buffer.from('y'))
    })
    expect(calls).toBe(1)
  })

  it('serves all pollers, each with its own callback', async () => {
    const before = threads()
    const pollers = [pollerOf(), pollerOf(), pollerOf()]
    expect(threads()).toBe(before + 1)
    const [from, ...tos] = [1, 2, 3, 4].map(() => boundTo('127.0.0.1'))
    const heard: number[] = []
    await Promise.all(
      tos.map(
        (to, index) =>
          new Promise<void>((resolve) => {
            const reader = new addon.DatagramReader(1, 64, 64, 512)
            pollers[index]?.watch(to.fd, READABLE)
            pollers[index]?.start(() => {
              reader.read(to.fd)
              heard.push(index)
              resolve()
            })
            sendTo(from?.fd ?? -1, to, Buffer.from('x'))
          }),
      ),
    )
    expect(heard.toSorted()).toEqual([0, 1, 2])
  })

  it('ends with the last poller, closed though it is within a callback', async () => {
    const before = { threads: threads(), descriptors: descriptors() }
    const { fd } = boundTo('127.0.0.1')
    for (let round = 0; round < 20; round++) {
      const pollers = [new addon.Poller('thread'), new addon.Poller('thread')]
      await new Promise<void>((resolve) => {
        for (const poller of pollers) {
          poller.watch(fd, WRITABLE)
          poller.start(() => {
            for (const each of pollers) each.close()
            resolve()
          })
        }
      })
    }
    expect({ threads: threads(), descriptors: descriptors() - 1 }).toEqual(before)
  })

  it('ends when its pollers are forgotten', async () => {
    const before = { threads: threads(), descriptors: descriptors() }
    ;(() => {
      for (let n = 0; n < 5; n++) new addon.Poller('thread').start(() => {})
    })()
    await collect()
    await setImmediate()
    expect({ threads: threads(), descriptors: descriptors() }).toEqual(before)
  })
})

const LOAD = `
  import { createRequire } from 'node:module'
  import { Worker, isMainThread } from 'node:worker_threads'
  import { tell } from '${new URL('../support/stdio.mjs', import.meta.url)}'
  const native = createRequire('${import.meta.url}')('../../prebuilds/${targetHere()}/sockctl.node')
  const busy = () => {
    const socket = new native.Socket()
    socket.open(native.constants.AF_INET, native.constants.SOCK_DGRAM, 0)
    const poller = new native.Poller('thread')
    poller.watch(socket.fd, ${WRITABLE})
    return { socket, poller }
  }`

const endOf = async (code: string) => {
  await using child = spawnScript({ code: `${LOAD}\n${code}` })
  const told = await child.next<{ calls: number }>()
  return { ...told, ...(await child.exited), stderr: child.stderr() }
}
const ENDED = { code: 0, signal: null, stderr: '' }

describe('a process with a poller that waits on a thread', () => {
  it('ends by itself if the poller is not held', async () => {
    const code = `
      const { poller } = busy()
      let calls = 0
      poller.start(() => { if (++calls === 5) tell({ calls }) })
      setTimeout(() => {}, 50)`
    expect(await endOf(code)).toEqual({ ...ENDED, calls: 5 })
  })

  it.each(['poller.hold(false)', 'poller.stop()', 'poller.close()'])(
    'lives while it is held, until %s',
    async (end) => {
      const code = `
      const { poller } = busy()
      let calls = 0
      poller.hold(true)
      poller.start(() => { if (++calls === 2000) { ${end}; tell({ calls }) } })`
      expect(await endOf(code)).toEqual({ ...ENDED, calls: 2000 })
    },
  )

  it.each(['process.exit()', 'process.nextTick(() => process.exit())'])('ends at once by %s', async (end) => {
    const code = `
      const { poller } = busy()
      let calls = 0
      poller.hold(true)
      poller.start(() => { if (++calls === 100) { tell({ calls }); ${end} } })`
    expect(await endOf(code)).toEqual({ ...ENDED, calls: 100 })
  })

  it('ends by an error that the callback throws, which is uncaught', async () => {
    const code = `
      const { poller } = busy()
      process.on('uncaughtException', ({ message }) => { poller.close(); tell({ calls: message }) })
      poller.hold(true)
      poller.start(() => { throw new Error('as planned') })`
    expect(await endOf(code)).toEqual({ ...ENDED, calls: 'as planned' })
  })

  it.each(['terminate', 'exit'])('outlives workers that end while they poll: %s', async (how) => {
    const code = `
      import { readdirSync } from 'node:fs'
      const workerCode = \`
        import { parentPort } from 'node:worker_threads'
        \${${JSON.stringify(LOAD)}}
        const all = [busy(), busy(), busy()]
        let calls = 0
        for (const { poller } of all) {
          poller.hold(true)
          poller.start(() => { if (++calls === 50) { parentPort.postMessage(calls); ${how === 'exit' ? 'process.exit()' : ''} } })
        }\`
      const url = new URL('data:text/javascript,' + encodeURIComponent(workerCode))
      const threads = () => readdirSync('/proc/self/task').length
      const one = async () => {
        const worker = new Worker(url)
        const exited = new Promise((resolve) => worker.once('exit', resolve))
        await new Promise((resolve) => worker.once('message', resolve))
        if (${how === 'terminate'}) await worker.terminate()
        await exited
      }
      await one()
      const before = threads()
      for (let n = 0; n < 10; n++) await one()
      tell({ calls: threads() - before })`
    expect(await endOf(code)).toEqual({ ...ENDED, calls: 0 })
  })
})
