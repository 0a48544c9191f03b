// adoptSocket: a descriptor that another program opened becomes an OwnedSocket.

import { constants } from 'node:os'
import { mustBe, whole } from '../base/check-fields.ts'
import { kernelError, SocketOptionError } from '../base/errors.ts'
import { runtime } from '../base/runtime.ts'
import { native } from '../binding/native.ts'
import { getNow } from '../calls/call-now.ts'
import { kindOfDescriptor } from '../calls/socket-kind.ts'
import { portsOf } from '../net/ports.ts'
import { familyOfNumber, isInet } from '../net/socket-address.ts'
import { partsOf } from '../options/option.ts'
import { SO_ACCEPTCONN, SO_PROTOCOL } from '../options/table/socket.ts'
import { peerOf } from './address-of.ts'
import { createOwnedSocket, type OwnedSocket } from './owned-socket.ts'
import { planOfOpened, type SocketPlan, typeOfNumber } from './socket-spec.ts'

/**
 * Takes over a socket that is open already: one inherited from the program that started this one, received from another
 * process, or given away by `release()`. From now on the OwnedSocket closes the descriptor.
 *
 * What the socket is, is read from the kernel: `family`, `type`, `protocol`, `listening`, `connected`. `fcntl(2)` makes the
 * descriptor close on exec, and makes the socket nonblocking: `O_NONBLOCK` is shared with whoever passed the socket on and still
 * has it open.
 *
 * A descriptor that has an owner is refused: an OwnedSocket, receiver or sender of this library in any thread, or a handle of
 * this thread's event loop, such as a net.Socket (under Node only). Owners in other libraries, and in the event loops of other
 * threads, can't be seen: two owners close each other's descriptor. 0 to 2 are taken too if they are sockets.
 * @throws SocketOptionError `bad-value` for what is no socket, `unsupported` for a family or a type that this library does not
 * know, `closed` if the descriptor is not open or has an owner. The descriptor then stays as it was, and the caller's.
 */
export function adoptSocket(fd: number): OwnedSocket {
  mustBe(whole(0, 2 ** 31 - 1), 'adoptSocket: the descriptor', fd)
  return prepareAdoption(fd)()
}

/** Makes all checks of an adoption. The returned function takes the descriptor over. */
export function prepareAdoption(fd: number, name?: string): () => OwnedSocket {
  const plan = planOf(fd)
  if (native.hasOwner(fd, runtime === 'Node')) throw ownedAlready(fd)
  return () => {
    const socket = new native.Socket()
    const { face } = createOwnedSocket(socket, plan, name)
    const errno = socket.adopt(fd)
    if (errno === constants.errno.EBUSY) throw ownedAlready(fd)
    if (errno !== 0) throw kernelError({ asked: `adopt descriptor ${fd}`, errno, syscall: 'fcntl' })
    return face
  }
}

const ownedAlready = (fd: number): SocketOptionError =>
  new SocketOptionError(
    `adopt descriptor ${fd}: it has an owner already, a socket of this library or of Node: use that one, or release() it first`,
    { code: 'ERR_DESCRIPTOR_OWNED', reason: 'closed' },
  )

const ADVICE: Readonly<Record<string, string>> = {
  EBADF: 'no descriptor of this number is open: pass the number that the socket has in this process',
  ENOTSOCK: 'it is no socket',
}

/** What openSocket would have been asked for. */
function planOf(fd: number): SocketPlan {
  const kind = kindOfDescriptor(fd, `adopt descriptor ${fd}`, ADVICE)
  const family = familyOfNumber(kind.family)
  const type = family && typeOfNumber(family, kind.type)
  if (family === undefined || type === undefined)
    throw new SocketOptionError(
      `adopt descriptor ${fd}: a socket of family ${kind.family} and type ${kind.type} is none that openSocket opens; control(${fd}) has its options`,
      { code: 'ERR_UNSUPPORTED', reason: 'unsupported' },
    )
  const listens = getNow(fd, partsOf(SO_ACCEPTCONN), undefined) === true
  const protocol = isInet(family) && type !== 'stream' ? (getNow(fd, partsOf(SO_PROTOCOL), undefined) as number) : 0
  const ports = portsOf(family, type, protocol)
  const peer = peerOf(fd, family, ports)
  return planOfOpened(family, type, protocol, peer, listens)
}
