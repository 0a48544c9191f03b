// socketpair(2): two Unix sockets that are connected to each other.
import { mustBe, oneOf } from '../base/check-fields.ts'
import { native } from '../binding/native.ts'
import { explainSocket } from '../calls/explain-socket.ts'
import { createOwnedSocket, type OwnedSocket } from './owned-socket.ts'
import { planOfOpened, type SocketTypes, typeNumber } from './socket-spec.ts'

/**
 * Opens two Unix sockets without names that are connected to each other, nonblocking and closed on exec. One of them may
 * be passed on to another process, by its descriptor or with `release()`. `dgram` and `seqpacket` keep messages apart, and become a
 * MessageSocket; only `seqpacket` and `stream` tell that the other end is closed. `socketpair(2)`
 *
 * @param type default `'dgram'`
 * @throws SocketOptionError as a rejection: `bad-value` for another type, or what socketpair answers, such as EMFILE
 */
export async function socketPair(
  type: SocketTypes['unix'] = 'dgram',
): Promise<[OwnedSocket<'unix'>, OwnedSocket<'unix'>]> {
  mustBe(oneOf('dgram', 'stream', 'seqpacket'), 'socketPair: type', type)
  const plan = planOfOpened('unix', type, 0, { path: '' })
  const sockets = [new native.Socket(), new native.Socket()] as const
  const errno = native.socketPair(typeNumber(type), ...sockets)
  if (errno !== 0) throw explainSocket('socketpair', `open a pair of ${type} sockets`, errno, 'unix')
  return [createOwnedSocket<'unix'>(sockets[0], plan).face, createOwnedSocket<'unix'>(sockets[1], plan).face]
}
