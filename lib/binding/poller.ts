import { codeOf, kernelError } from '../base/errors.ts'
import { datagramsNative, type NativePoller } from './native.ts'

/** What a poller may be asked to watch for, and what it tells: epoll_ctl(2). Errors it tells unasked. */
export const READABLE = 1
export const WRITABLE = 4
export const FAILED = 8
/** Tell once of each change, instead of for as long as it lasts. */
export const CHANGES = 2 ** 31

export function openPoller(): NativePoller {
  const { Poller } = datagramsNative()
  try {
    return new Poller()
  } catch (errno) {
    if (typeof errno !== 'number') throw errno
    throw kernelError({ asked: 'open an epoll descriptor', errno, syscall: 'epoll_create1' })
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
