// openSocket: a socket with its options set before bind, listen or connect.

import { type Errno, type NativeSocket, native } from '../binding/native.ts'
import { bindSocket } from '../calls/bind-socket.ts'
import { explainSocket, type SocketCall } from '../calls/explain-socket.ts'
import type { Family } from '../net/socket-address.ts'
import { connect } from './connect.ts'
import { createOwnedSocket, type OwnedSocket } from './owned-socket.ts'
import { parseSpec, type Setting, type SocketPlan, type SocketSpecOf } from './socket-spec.ts'
import { claimPath } from './unix-path.ts'

/**
 * Opens a socket with its options set before it is bound, listens or connects: many options must be set by then.
 *
 * `socket(2)`, nonblocking and closed on exec; each option in order; `bind(2)`; then `listen(2)`, or `connect(2)`, whose
 * outcome is waited for off the event loop. The socket is the caller's to close, or to hand to Node: `toDatagram`,
 * `toStream`, `toServer`.
 * @throws SocketOptionError if this library or the kernel refuses a part of it, and the signal's reason; then nothing stays
 * open.
 */
export async function openSocket<const F extends Family, const V extends readonly unknown[] = readonly unknown[]>(
  spec: SocketSpecOf<F, V>,
): Promise<OwnedSocket<F>> {
  const plan = parseSpec(spec)
  plan.signal?.throwIfAborted()
  const socket = new native.Socket()
  const owned = createOwnedSocket<F>(socket, plan)
  try {
    await openAndBind(socket, plan, (option, value) => owned.face.control.set(option, value as never))
    if (plan.family === 'unix' && plan.bind !== undefined)
      owned.atEnd(claimPath((plan.bind.raw as { path: string }).path))
    if (plan.backlog !== undefined) check(plan, 'listen', 'listen', native.listen(socket.fd, plan.backlog))
    if (plan.connect !== undefined) {
      const errno = await connect(socket, plan.numbers.family, plan.connect.raw, plan.signal)
      check(plan, 'connect', `connect to ${plan.connect.text}`, errno)
    }
  } catch (error) {
    await owned.face.close()
    throw error
  }
  return owned.face
}

/** Opens a socket, sets its options and binds it. If that fails, the caller closes it. */
export async function openAndBind(
  socket: NativeSocket,
  plan: SocketPlan,
  setOption: (...setting: Setting) => Promise<void> | undefined,
): Promise<void> {
  const { family, type, protocol } = plan.numbers
  check(plan, 'socket', `open a ${plan.type} socket of ${plan.family}`, socket.open(family, type, protocol))
  for (const setting of plan.options) await setOption(...setting)
  plan.signal?.throwIfAborted()
  if (plan.bind !== undefined) bindSocket(socket.fd, plan.family, plan.bind)
}

function check(plan: SocketPlan, call: SocketCall, asked: string, errno: Errno): void {
  if (errno !== 0) throw explainSocket(call, asked, errno, plan.family)
}
