// openReceiver: the sockets of a receiver, their reader, and what keeps their channels.
import { createAlarm } from '../base/alarm.ts'
import { kernelError, type SocketOptionError } from '../base/errors.ts'
import { onAbort } from '../base/on-abort.ts'
import { createKeeper } from '../control/keeper.ts'
import type { Channel, Membership } from '../control/membership.ts'
import { absentTargetOf, targetOnEvery } from '../control/wanted-interface.ts'
import { createBatchLoop } from '../datagram/batch-loop.ts'
import { createBatchReader } from '../datagram/batch-reader.ts'
import { closeReceiver, Receiver, type ReceiverCore, tellReturned } from './receiver.ts'
import { planReceiver, type ReceiverOptions } from './receiver-options.ts'
import { openSockets } from './receiver-sockets.ts'
import { createRenewal } from './renewal.ts'
import { createTurns } from './turns.ts'

const readError = (errno: number): SocketOptionError =>
  kernelError({ asked: 'receive', errno, syscall: 'recvmmsg', reason: 'system' })

/**
 * Opens a receiver: one socket or more, bound, with its channels joined.
 *
 * Defaults for multicast: `SO_REUSEADDR`, `IP_MULTICAST_ALL` off, and bound to the group if all channels are of one.
 * Linux. @throws SocketOptionError if an option, the bind or a join fails: then nothing stays open.
 */
export async function openReceiver<const V extends readonly unknown[] = readonly unknown[]>(
  options: ReceiverOptions<V>,
): Promise<Receiver> {
  const plan = planReceiver(options)
  const { signal } = plan
  signal?.throwIfAborted()
  let weak: WeakRef<Receiver> | undefined
  const alarm = createAlarm()
  const { renewAfter } = plan.keep ?? { renewAfter: false as const }
  const renewal = renewAfter === false ? undefined : createRenewal({ alarm, renewAfter, keeper: () => keeper })
  const batchReader = createBatchReader({
    ...plan,
    onBatch: renewal?.onBatch,
    onQueued: tellReturned(() => weak?.deref()),
    toError: readError,
  })
  const inTurn = createTurns()
  let opened: ReceiverCore | undefined
  const keeper = createKeeper({
    registries: () => opened?.sockets.registries() ?? [],
    join: (targets) => inTurn(async () => opened?.sockets.joinTargets(targets) ?? []),
    keepsAll: plan.keep !== undefined,
    alarm,
    isOpen: () => opened?.closing === undefined,
    emit: (event) => weak?.deref()?.emit('channel-change', event),
  })
  const sockets = await openSockets(plan, batchReader, keeper).catch((error) => {
    batchReader.close()
    throw error
  })
  const core: ReceiverCore = {
    keeper,
    inTurn,
    plan,
    batchReader,
    sockets,
    cleanups: renewal === undefined ? [] : [renewal.close],
    loop: createBatchLoop({
      name: 'receiver',
      batchReader,
      batch: plan.batch,
      reuseBuffers: plan.reuseBuffers,
      isClosed: () => core.closing !== undefined,
      close: () => closeReceiver(core),
    }),
    writing: undefined,
    closing: undefined,
  }
  opened = core
  try {
    const receiver = new Receiver(core)
    const ref = new WeakRef(receiver)
    weak = ref
    await keeper.begin()
    const absent: (Channel | Membership)[] = []
    const waits = plan.keep?.waitForInterface === true ? absent : undefined
    await inTurn(() => sockets.joinAll(plan.channels, signal, waits))
    for (const channel of absent) keeper.keepWaiting(sockets.absent(absentTargetOf(channel)))
    for (const channel of plan.everywhere) await keeper.keepOnEvery(targetOnEvery(channel), { ...channel })
    signal?.throwIfAborted()
    if (plan.keep !== undefined) setImmediate(() => keeper.tellUnwatched())
    if (signal !== undefined) core.cleanups.push(onAbort(signal, () => void ref.deref()?.close()))
    return receiver
  } catch (error) {
    await closeReceiver(core)
    throw error
  }
}
