import { execFileSync } from 'node:child_process'
import dgram from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { control } from 'sockctl'
import { MCAST_JOIN_GROUP } from 'sockctl/options'
import { describe, expect, it, onTestFinished } from 'vitest'
import { sysctl } from './support/commands.ts'
import { describeInNamespace } from './support/namespace.ts'
import { kernelGroups } from './support/net-stat.ts'
import { spawnProgram, spawnScript } from './support/processes.ts'

const group = (n: number) => `239.77.${n >> 8}.${n & 255}`
const ours = () => kernelGroups().filter((entry) => entry.group.startsWith('239.'))

async function bound(): Promise<dgram.Socket> {
  const socket = dgram.createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return socket
}

/** A socket that is open at once: dgram makes the descriptor at once if the lookup answers at once. */
function boundAtOnce(): dgram.Socket {
  const lookup = (host: string, _: unknown, callback: (error: null, address: string, family: number) => void) =>
    callback(null, host, 4)
  return dgram.createSocket({ type: 'udp4', lookup }).bind(0, '127.0.0.1')
}

const close = (socket: dgram.Socket) => new Promise<void>((resolve) => socket.close(resolve))

async function closedAfterwards(): Promise<dgram.Socket> {
  const socket = await bound()
  onTestFinished(() => close(socket))
  return socket
}

describeInNamespace('membership calls', () => {
  it('on one socket are made in the order they were asked for, and the memberships say so', async () => {
    const sockets = await Promise.all(Array.from({ length: 6 }, closedAfterwards))
    const [on, source] = [{ group: group(1), interface: '127.0.0.1' }, '127.0.0.9']
    const calls: Promise<unknown>[] = []
    for (let round = 0; round < 40; round++) {
      for (const socket of sockets) {
        const c = control(socket)
        // Each call would be refused without the call before it. Some calls have to look up the interface first.
        calls.push(
          c.join(on),
          c.setSourceFilter({ group: on.group, interface: 'lo' }, { mode: 'exclude', sources: [source] }),
          c.getSourceFilter(on).then((filter) => expect(filter).toEqual({ mode: 'exclude', sources: [source] })),
          c.setSourceFilter(on, { mode: 'include', sources: [source] }),
          c.setSourceFilter({ group: on.group, interface: 1 }, { mode: 'include', sources: [] }),
        )
      }
    }
    await Promise.all(calls)
    expect(ours()).toEqual([])
    for (const socket of sockets) expect(control(socket).memberships).toEqual([])

    const c = control(sockets[0] as dgram.Socket)
    const [membership] = await Promise.all([c.join(on), c.setSourceFilter(on, { mode: 'exclude', sources: [source] })])
    expect(c.memberships).toEqual([membership])
    expect(membership.blocked).toEqual([source])
  })

  it('sent by the thousand get an answer each, their own, though some are refused', async () => {
    using _ = sysctl('net.ipv4.igmp_max_memberships', 3000)
    const c = control(await closedAfterwards())
    const wanted = Array.from({ length: 1500 }, (_, n) => group(n))
    const isRefused = (n: number) => n % 7 === 3
    const outcomes = await Promise.allSettled(
      wanted.map((group, n) =>
        isRefused(n)
          ? c.set(MCAST_JOIN_GROUP, { group: '10.0.0.1', interface: 'lo' })
          : c.join({ group, interface: n % 5 === 0 ? '127.0.0.1' : 'lo' }),
      ),
    )
    const answers = outcomes.map((one) => (one.status === 'fulfilled' ? one.value?.group : one.reason.reason))
    expect(answers).toEqual(wanted.map((group, n) => (isRefused(n) ? 'bad-value' : group)))
    expect(c.memberships.map((membership) => membership.group)).toEqual(wanted.filter((_, n) => !isRefused(n)))
  })

  it('get answers of their own beside a value whose getter throws undefined', async () => {
    const c = control(await closedAfterwards())
    const hostile = {
      interface: 'lo',
      get group(): string {
        throw undefined
      },
    }
    const outcomes = await Promise.allSettled([
      c.set(MCAST_JOIN_GROUP, hostile),
      c.set(MCAST_JOIN_GROUP, { group: group(1), interface: 'lo' }),
      c.set(MCAST_JOIN_GROUP, { group: group(1), interface: 'lo' }),
      c.set(MCAST_JOIN_GROUP, { group: group(2), interface: 'lo' }),
    ])
    const answers = outcomes.map((one) => (one.status === 'fulfilled' ? 'done' : (one.reason?.reason ?? one.reason)))
    expect(answers).toEqual([undefined, 'done', 'already-member', 'done'])
  })

  it('are made on another thread, while the loop goes on', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'sockctl-fifo-'))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    const fifo = join(directory, 'fifo')
    execFileSync('mkfifo', [fifo])
    const code = `
      import dgram from 'node:dgram'
      import { once } from 'node:events'
      import { open } from 'node:fs'
      import { setImmediate as turn } from 'node:timers/promises'
      import { openSync } from 'node:fs'
      import { control } from 'sockctl'
      import { IP_MULTICAST_TTL } from 'sockctl/options'

      const socket = dgram.createSocket('udp4').bind(0, '127.0.0.1')
      await once(socket, 'listening')
      // The only thread of the pool waits for a writer of the pipe.
      const blocked = new Promise((resolve) => open(process.argv[1], 'r', resolve))
      let joined = false
      const joining = control(socket).join({ group: '239.1.1.1', interface: 'lo' }).then(() => { joined = true })
      for (let n = 0; n < 1000; n++) await turn()
      await control(socket).set(IP_MULTICAST_TTL, 9)
      const seen = [joined, await control(socket).get(IP_MULTICAST_TTL)]
      openSync(process.argv[1], 'r+')
      await Promise.all([blocked, joining])
      socket.close()
      console.log(JSON.stringify({ seen: [...seen, joined] }))
      process.exit()`
    const command = ['env', 'UV_THREADPOOL_SIZE=1', process.execPath, '--input-type=module', '--eval', code, '--', fifo]
    await using child = spawnProgram(command)
    expect(await child.next()).toEqual({ seen: [false, 9, true] })
  })

  it('on a socket that is closed meanwhile settle, and leave nothing behind', async () => {
    const socket = await bound()
    const calls = Array.from({ length: 400 }, (_, n) => control(socket).join({ group: group(n % 20), interface: 'lo' }))
    const outcomes = Promise.allSettled(calls)
    const gone = close(socket)
    for (const outcome of await outcomes) {
      if (outcome.status === 'fulfilled') expect(outcome.value.active).toBe(false)
      else expect(outcome.reason).toMatchObject({ reason: 'already-member' })
    }
    await gone
    expect(control(socket).memberships).toEqual([])
    expect(ours()).toEqual([])
    expect(() => control(socket).fd).toThrow(expect.objectContaining({ code: 'ERR_SOCKET_CLOSED' }))
  })

  it('never reach a stranger that got the number of a closed socket', async () => {
    let met = 0
    for (let round = 0; round < 50; round++) {
      const socket = await bound()
      const { fd } = control(socket)
      const calls = Array.from({ length: 15 }, (_, n) => control(socket).join({ group: group(n), interface: 'lo' }))
      const outcomes = Promise.allSettled(calls)
      socket.close()
      const strangers: dgram.Socket[] = []
      for (let n = 0; n < 12 && !strangers.some((stranger) => control(stranger).fd === fd); n++)
        strangers.push(await bound())
      if (strangers.some((stranger) => control(stranger).fd === fd)) met++
      await outcomes
      for (const stranger of strangers) {
        for (let n = 0; n < 15; n++)
          await expect(control(stranger).getSourceFilter({ group: group(n), interface: 'lo' })).rejects.toMatchObject({
            reason: 'not-member',
          })
        await close(stranger)
      }
    }
    expect(met).toBeGreaterThan(40)
    expect(ours()).toEqual([])
  })

  it.each([
    ['a number', (fd: number) => fd],
    ['{ fd }', (fd: number) => ({ fd })],
  ])('by %s go to the socket that has it when they are asked for', async (_, carrierOf) => {
    const first = await bound()
    const { fd } = control(first)
    const c = control(carrierOf(fd))
    const early = c.join({ group: group(1), interface: 'lo' })
    // In the same tick, so that both joins are in the same batch.
    first.close()
    const second = boundAtOnce()
    onTestFinished(() => close(second))
    expect(control(second).fd).toBe(fd)
    await Promise.all([early, c.join({ group: group(2), interface: 'lo' })])
    expect(ours().map((entry) => entry.group)).toEqual([group(2)])
  })
})

describe('a process or a worker that ends', () => {
  it('by process.exit with thousands of calls on their way, ends as it was told', async () => {
    const code = `
      import dgram from 'node:dgram'
      import { once } from 'node:events'
      import { control } from 'sockctl'
      const sockets = Array.from({ length: 40 }, () => dgram.createSocket('udp4').bind(0, '127.0.0.1'))
      await Promise.all(sockets.map((socket) => once(socket, 'listening')))
      let settled = 0
      const calls = sockets.flatMap((socket) => Array.from({ length: 100 }, (_, n) =>
        control(socket).join({ group: '239.1.1.' + n, interface: n % 2 ? 'lo' : '127.0.0.1' }).catch(() => {}).then(() => { settled++ })))
      await calls[0]
      if (settled === calls.length) throw new Error('all were back already')
      process.exit(7)`
    for (let round = 0; round < 5; round++) {
      await using child = spawnScript({ code })
      expect(await child.exited).toEqual({ code: 7, signal: null })
      expect(child.stderr()).toBe('')
    }
  })

  it.each([
    ['terminate', 50],
    ['exit', 10],
    ['throw', 10],
    ['natural', 10],
  ])('in worker_threads, by %s, %i times in a row, leaves no descriptor', { timeout: 60_000 }, async (how, times) => {
    await using child = spawnScript('in-flight.mjs', [how, `${times}`])
    const { inFlight, before, after } = await child.next<{ inFlight: number[]; before: number; after: number }>()
    expect(await child.exited, child.stderr()).toEqual({ code: 0, signal: null })
    expect(inFlight).toHaveLength(times)
    if (how === 'natural') expect(new Set(inFlight)).toEqual(new Set([0]))
    else expect(Math.min(...inFlight)).toBeGreaterThan(0)
    expect(after).toBe(before)
  })

  it('naturally, does so: nothing in flight keeps it', async () => {
    const code = `
      import dgram from 'node:dgram'
      import { once } from 'node:events'
      import { control, interfaces } from 'sockctl'
      import { IP_TTL } from 'sockctl/options'
      const socket = dgram.createSocket('udp4').bind(0, '127.0.0.1')
      await once(socket, 'listening')
      socket.unref()
      const c = control(socket)
      await c.set(IP_TTL, 9)
      const membership = await c.join({ group: '239.1.1.1', interface: 'lo' })
      await c.join({ group: '239.1.1.2', interface: '127.0.0.1' })
      interfaces()
      // No code awaits this call, which is made all the same before the process ends.
      c.join({ group: '239.1.1.3', interface: 'lo' }).then(() => console.log(JSON.stringify({ joined: c.memberships.length })))`
    await using child = spawnScript({ code })
    expect(await child.next()).toEqual({ joined: 3 })
    expect(await child.exited).toEqual({ code: 0, signal: null })
    expect(child.stderr()).toBe('')
  })
})
