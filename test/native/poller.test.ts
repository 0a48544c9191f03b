// The addon's poller: what it watches, how much it tells at once, and what is left of it when it is closed.
import { closeSync, openSync, readdirSync, readlinkSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { NativePoller } from '../../lib/binding/native.ts'
import { FAILED, openPoller, READABLE, WRITABLE, watch } from '../../lib/binding/poller.ts'
import { AF_INET, addon, boundTo, collect, EBADF, sendTo, socketOf, thrownBy } from '../support/native-sockets.ts'

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

/** How pollers wait: by libuv, and by the thread that serves the runtimes without libuv. */
const waits: readonly ['libuv' | 'thread', () => NativePoller][] = [
  ['libuv', () => new addon.Poller()],
  ['thread', () => new addon.Poller('thread')],
]

function pollerOf(open = () => new addon.Poller()): NativePoller {
  const poller = open()
  onTestFinished(() => poller.close())
  return poller
}

/** What a poller finds ready, as `[fd, events]`. */
function readyOf(poller: NativePoller, room: number): [number, number][] {
  const into = new Int32Array(room).fill(-7)
  const count = poller.ready(into)
  expect([...into.subarray(count * 2)]).toEqual(upTo(room - count * 2).map(() => -7))
  return upTo(count).map((n) => [into[n * 2] as number, into[n * 2 + 1] as number])
}

const pollers = () => readdirSync('/proc/self/fd').filter((fd) => linkOf(fd) === 'anon_inode:[eventpoll]').length
function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`)
  } catch {
    return ''
  }
}

describe('what a poller can not watch', () => {
  it('is told with the call, and advice for a full table of watches only', () => {
    const poller = openPoller()
    onTestFinished(() => poller.close())
    const file = openSync('/proc/self/status', 'r')
    onTestFinished(() => closeSync(file))
    expect(() => watch(poller, file, READABLE)).toThrow(
      expect.objectContaining({
        code: 'EPERM',
        reason: 'permission',
        syscall: 'epoll_ctl',
        message: expect.stringMatching(/^watch the descriptor: failed \(EPERM/),
      }),
    )
  })
})

describe('what a poller watches', () => {
  it('is told once it is ready, for as long as it is', () => {
    const poller = pollerOf()
    const [to, from] = [boundTo('127.0.0.1'), boundTo('127.0.0.1')]
    poller.watch(to.fd, READABLE)
    expect(readyOf(poller, 8)).toEqual([])
    sendTo(from.fd, to, Buffer.from('x'))
    for (let round = 0; round < 2; round++) expect(readyOf(poller, 8)).toEqual([[to.fd, READABLE]])
    new addon.DatagramReader(1, 64, 64, 512).read(to.fd)
    expect(readyOf(poller, 8)).toEqual([])
  })

  it('is watched for what was asked last', () => {
    const poller = pollerOf()
    const { fd } = boundTo('127.0.0.1')
    poller.watch(fd, READABLE)
    poller.watch(fd, WRITABLE)
    expect(readyOf(poller, 8)).toEqual([[fd, WRITABLE]])
    poller.watch(fd, READABLE)
    expect(readyOf(poller, 8)).toEqual([])
    poller.watch(fd, READABLE | WRITABLE)
    poller.forget(fd)
    expect(readyOf(poller, 8)).toEqual([])
    poller.watch(fd, WRITABLE)
    expect(readyOf(poller, 8)).toEqual([[fd, WRITABLE]])
  })

  it('tells of errors unasked', () => {
    const poller = pollerOf()
    const from = boundTo('127.0.0.1')
    const closed = boundTo('127.0.0.1')
    addon.connect(closed.fd, AF_INET, { address: '127.0.0.9', port: 9 })
    addon.connect(from.fd, AF_INET, { address: '127.0.0.1', port: closed.port })
    poller.watch(from.fd, 0)
    addon.sendDatagrams(from.fd, [Buffer.from('x')], 0, 1, 1, undefined, undefined)
    expect(readyOf(poller, 8)).toEqual([[from.fd, FAILED]])
  })

  it('is a descriptor, or the errno is thrown', () => {
    const poller = pollerOf()
    expect(thrownBy(() => poller.watch(-1, READABLE))).toBe(EBADF)
    for (const events of [-1, 2 ** 32, 1.5]) expect(() => poller.watch(0, events)).toThrow(RangeError)
    // Of one that is not watched nothing is to forget.
    expect(() => poller.forget(boundTo('127.0.0.1').fd)).not.toThrow()
  })

  it('is told as far as there is room, and 64 at most', () => {
    const poller = pollerOf()
    const fds = upTo(70).map(() => socketOf(AF_INET).fd)
    for (const fd of fds) poller.watch(fd, WRITABLE)
    for (const [room, count] of [
      [0, 0],
      [1, 0],
      [2, 1],
      [3, 1],
      [4, 2],
      [126, 63],
      [128, 64],
      [130, 64],
      [200, 64],
    ] as const) {
      const ready = readyOf(poller, room)
      expect(ready.length, `${room}`).toBe(count)
      expect(new Set(ready.map(([fd]) => fd)).size).toBe(count)
    }
  })
})

describe.each(waits)('a poller that waits by %s', (_, open) => {
  it('calls back once a turn of the loop while a descriptor is ready, until it is stopped', async () => {
    const poller = pollerOf(open)
    const { fd } = boundTo('127.0.0.1')
    poller.watch(fd, WRITABLE)
    let calls = 0
    poller.hold(true)
    await new Promise<void>((resolve) => poller.start(() => ++calls === 3 && resolve()))
    poller.stop()
    // Another callback takes the place of the one before.
    await new Promise<void>((resolve) => {
      poller.start(() => calls++)
      poller.start(resolve)
    })
    poller.stop()
    poller.hold(false)
    const before = calls
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect([before, calls]).toEqual([3, 3])
  })

  it('lets its callback go when it is stopped, given another, or closed', async () => {
    const weak: WeakRef<() => void>[] = []
    const callback = () => {
      const made = () => weak.length
      weak.push(new WeakRef(made))
      return made
    }
    const [one, other] = [pollerOf(open), pollerOf(open)]
    one.start(callback())
    one.start(callback())
    one.stop()
    other.start(callback())
    other.close()
    await collect()
    expect(weak.map((ref) => ref.deref())).toEqual([undefined, undefined, undefined])
  })

  it('has a descriptor until it is closed, once, and refuses all calls after that', () => {
    const before = pollers()
    const poller = open()
    expect(pollers()).toBeGreaterThan(before)
    poller.start(() => {})
    poller.close()
    expect(pollers()).toBe(before)
    expect(() => poller.close()).not.toThrow()
    for (const call of [
      () => poller.watch(0, READABLE),
      () => poller.forget(0),
      () => poller.start(() => {}),
      () => poller.stop(),
      () => poller.hold(true),
      () => poller.ready(new Int32Array(2)),
    ])
      expect(call).toThrow('this poller is closed')
    expect(pollers()).toBe(before)
  })
})
