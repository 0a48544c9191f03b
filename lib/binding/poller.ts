// Opens the native poller, and explains its errors.
import { codeOf, kernelError } from '../base/errors.ts'
import { runtime } from '../base/runtime.ts'
import { datagramsNative, type NativePoller } from './native.ts'

/** Events to watch a descriptor for, epoll_ctl(2). `FAILED` is told unasked. */
export const READABLE = 1
export const WRITABLE = 4
export const FAILED = 8
/** Tell of a change once, not for as long as it lasts: EPOLLET. */
export const CHANGES = 2 ** 31

export function openPoller(): NativePoller {
  const { Poller } = datagramsNative()
  try {
    // Bun and Deno export functions by libuv's names that end the process.
    return runtime === 'Node' ? new Poller() : new Poller('thread')
  } catch (error) {
    const { errno, syscall } = error as { errno?: number; syscall?: string }
    if (errno === undefined || syscall === undefined) throw error
    throw kernelError({ asked: 'wait for descriptors', errno, syscall })
  }
}

/** Watches a descriptor, or changes what it is watched for. */
export function watch(poller: NativePoller, fd: number, events: number): void {
  try {
    poller.watch(fd, events)
  } catch (errno) {
    if (typeof errno !== 'number') throw errno
    const advice = codeOf(errno) === 'ENOSPC' ? 'raise the sysctl fs.epoll.max_user_watches' : undefined
    throw kernelError({ asked: 'watch the descriptor', errno, syscall: 'epoll_ctl', advice })
  }
}
