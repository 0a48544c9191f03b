// Makes a MessageSocket of an open socket.
import { kernelError, type SocketOptionError } from '../base/errors.ts'
import { onAbort } from '../base/on-abort.ts'
import { datagramsNative } from '../binding/native.ts'
import { createBatchLoop } from '../datagram/batch-loop.ts'
import { createBatchReader } from '../datagram/batch-reader.ts'
import { type BatchWriter, createBatchWriter } from '../datagram/batch-writer.ts'
import type { Queued } from '../datagram/error-queue.ts'
import { createPrepare } from '../datagram/prepare.ts'
import { createReply } from '../datagram/reply.ts'
import { type Family, isInet } from '../net/socket-address.ts'
import { IP_MTU, IP_RECVERR } from '../options/table/ip.ts'
import { IPV6_MTU, IPV6_RECVERR } from '../options/table/ipv6.ts'
import { SO_TIMESTAMPING } from '../options/table/socket.ts'
import { destinationsOf, familiesOf, isUdp, mustHaveMessages, replyRouteOf, vnetHeaderOf } from './message-kind.ts'
import {
  closeMessageSocket,
  descriptorOf,
  inetPeerOf,
  MessageSocket,
  type MessageSocketCore,
  messageSocketClosed,
  type OpenSocket,
} from './message-socket.ts'
import { type MessageSocketOptions, type MessageSocketPlan, planMessageSocket } from './message-socket-options.ts'

const receiveError = (errno: number): SocketOptionError =>
  kernelError({ asked: 'receive', errno, syscall: 'recvmmsg', reason: 'system' })

/** Makes a MessageSocket of an open socket. If that fails, the socket stays its owner's. */
export function createMessageSocket<F extends Family>(
  open: OpenSocket,
  options: MessageSocketOptions,
): MessageSocket<F> {
  const { control } = open
  mustHaveMessages(open)
  const plan = planMessageSocket(options, open)
  let made: WeakRef<MessageSocket> | undefined
  // First, since a signal may be a Proxy: code of the caller's may close the socket, and none runs after this.
  const forgetSignal = plan.signal && onAbort(plan.signal, () => void made?.deref()?.close())
  try {
    for (const [option, value] of plan.settings) control.setSync(option, value as never)
    const socket = assemble(open, plan, forgetSignal)
    made = new WeakRef(socket)
    return socket as unknown as MessageSocket<F>
  } catch (error) {
    forgetSignal?.()
    throw error
  }
}

function assemble(open: OpenSocket, plan: MessageSocketPlan, forgetSignal: (() => void) | undefined): MessageSocket {
  const { family, control, socket } = open
  const ipv6 = family === 'ipv6'
  const returnedErrors = familiesOf(open).some(
    (each) => isInet(each) && control.getSync(each === 'ipv6' ? IPV6_RECVERR : IP_RECVERR),
  )
  // A Unix socket and netlink have no error queue: asked for it, they give their next message.
  const hasErrorQueue = isInet(family) || family === 'packet'
  const usesErrorQueue =
    returnedErrors ||
    // A kernel that answers with less than the struct tells no flags.
    (hasErrorQueue && control.getSync(SO_TIMESTAMPING).flags?.some((flag) => String(flag).startsWith('TX_')) === true)
  const vnetHeader = vnetHeaderOf(open)
  // Before anything is opened that would have to be closed.
  const peer = inetPeerOf(open)
  let weak: WeakRef<MessageSocket> | undefined
  const onQueued = (queued: Queued): void => {
    if ('error' in queued) weak?.deref()?.emit('returned-error', queued.error)
    else weak?.deref()?.emit('transmitted', queued.sent)
  }
  const batchReader = createBatchReader({
    ...plan,
    family,
    vnetHeader,
    onQueued: usesErrorQueue ? onQueued : undefined,
    toError: receiveError,
  })
  let writer: BatchWriter | undefined
  try {
    batchReader.add(socket)
    writer = createBatchWriter({
      fd: () => descriptorOf(open),
      segmentation: isUdp(open),
      interface: 0,
      family,
      mtu: () => (core.peer === undefined ? undefined : control.getSync(ipv6 ? IPV6_MTU : IP_MTU)),
      returnedErrors,
      usesErrorQueue,
      onQueued,
      closed: messageSocketClosed,
    })
  } catch (error) {
    batchReader.close()
    throw error
  }
  const prepare = createPrepare(datagramsNative(), {
    ipv6,
    encode: destinationsOf(open, () => descriptorOf(open)),
    ...(isInet(family) && open.ports === 'ports' ? { peer: () => core.peer } : {}),
    howToName: 'give `to`, or connect the socket',
    header: vnetHeader === 0 ? undefined : new Uint8Array(vnetHeader),
    // The kernel refuses what an option is missing for.
    context: { family, isSet: () => true },
  })
  const core: MessageSocketCore = {
    ...open,
    batchReader,
    writer,
    loop: createBatchLoop({
      name: 'socket',
      batchReader,
      batch: plan.batch,
      reuseBuffers: plan.reuseBuffers,
      isClosed: () => core.closing !== undefined,
      close: () => closeMessageSocket(core),
    }),
    prepare,
    reply: createReply({ batchReader, writer, prepare, route: replyRouteOf(open) }),
    peer,
    dropped: 0,
    forgetSignal,
    closing: undefined,
  }
  const made = new MessageSocket(core)
  weak = new WeakRef(made)
  return made
}
