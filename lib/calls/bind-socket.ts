// bind(2), now.
import { native } from '../binding/native.ts'
import { whyNotUsable } from '../net/interface-state.ts'
import { type Family, familyNumber, type ParsedSocketAddress } from '../net/socket-address.ts'
import { explainSocket } from './explain-socket.ts'

/** Binds a socket of the family to an address; throws a SocketOptionError if the kernel refuses. */
export function bindSocket(fd: number, family: Family, { raw, text }: ParsedSocketAddress): void {
  const errno = native.bind(fd, familyNumber(family), raw)
  if (errno === 0) return
  const { address } = raw as { address?: string }
  const why = family === 'ipv6' && address !== undefined ? whyNotUsable(address) : undefined
  throw explainSocket('bind', `bind to ${text}`, errno, family, why)
}
