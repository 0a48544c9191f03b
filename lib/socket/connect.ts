// connect(2) without holding up the event loop.

import { constants } from 'node:os'
import { onAbort } from '../base/on-abort.ts'
import { type Errno, type NativePoller, native, unsupported } from '../binding/native.ts'
import { openPoller, WRITABLE, watch } from '../binding/poller.ts'
import { getNow } from '../calls/call-now.ts'
import type { DescriptorOwner } from '../calls/socket-handle.ts'
import { partsOf } from '../options/option.ts'
import { SO_ERROR } from '../options/table/socket.ts'

const { EALREADY, EINPROGRESS, EINTR, EISCONN } = constants.errno

// A module is loaded once a thread, so no thread sees another's poller. The poller exists while a connection is awaited.
let poller: NativePoller | undefined
/** By the descriptor: each wait of its own, since several connections may be waited for at one listening socket. */
const waiting = new Map<number, (() => void)[]>()
const ready = new Int32Array(128)

function startPoller(): NativePoller {
  if (native.Poller === undefined) throw unsupported(`waiting for a connection on ${process.platform}`)
  const opened = openPoller()
  opened.start(report)
  opened.hold(true)
  return opened
}

function report(): void {
  const count = poller?.ready(ready) ?? 0
  for (let i = 0; i < count; i++) endWaits(ready[2 * i] ?? -1)
}

/**
 * Ends all waits for a descriptor, which look again then. The descriptor is no longer watched from here on, since its number
 * may become another socket's.
 */
export function endWaits(fd: number): void {
  const waits = waiting.get(fd)
  if (waits === undefined) return
  waiting.delete(fd)
  poller?.forget(fd)
  if (waiting.size === 0) {
    poller?.close()
    poller = undefined
  }
  for (const resolve of waits) resolve()
}

/** Waits until a descriptor is ready for one of the events or has failed, or the signal is aborted, or the wait is ended. */
export async function readyOrAborted(fd: number, events: number, signal: AbortSignal | undefined): Promise<void> {
  poller ??= startPoller()
  const finished = new Promise<void>((resolve) => waiting.set(fd, [...(waiting.get(fd) ?? []), resolve]))
  try {
    watch(poller, fd, events)
  } catch (error) {
    endWaits(fd)
    throw error
  }
  const deafen = signal && onAbort(signal, () => endWaits(fd))
  await finished
  deafen?.()
}

/**
 * `connect(2)` without holding up the event loop or its worker pool: 0 or the errno of its failure.
 *
 * Throws the signal's reason if the signal is aborted first.
 */
export async function connect(
  owner: DescriptorOwner,
  family: number,
  address: object,
  signal: AbortSignal | undefined,
): Promise<Errno> {
  signal?.throwIfAborted()
  const begun = begin(owner.fd, family, address)
  if (begun !== EINPROGRESS) return begun
  await readyOrAborted(owner.fd, WRITABLE, signal)
  signal?.throwIfAborted()
  return getNow(owner.fd, partsOf(SO_ERROR), undefined) as number
}

/** 0, `EINPROGRESS`, or the errno of a failure. An interrupted call may have begun the connection or not: the next one tells. */
function begin(fd: number, family: number, address: object): Errno {
  const errno = native.connect(fd, family, address)
  if (errno !== EINTR) return errno
  const again = native.connect(fd, family, address)
  if (again === EISCONN) return 0
  return again === EALREADY || again === EINTR ? EINPROGRESS : again
}
