// The family and type of a socket, which decide what a membership call means on it.

import { badValue, codeOf, kernelError, show } from '../base/errors.ts'
import { native } from '../binding/native.ts'
import { isIpv6 } from '../net/address.ts'
import { partsOf } from '../options/option.ts'
import { IPV6_V6ONLY } from '../options/table/ipv6.ts'
import { SO_DOMAIN, SO_TYPE } from '../options/table/socket.ts'
import { getNow } from './call-now.ts'
import type { DescriptorOwner } from './socket-handle.ts'

export interface SocketKind {
  readonly family: number
  readonly type: number
}

const { AF_INET, AF_INET6, SOCK_DGRAM, SOCK_RAW } = native.constants

/** A socket keeps its kind for life, so the kernel is asked once for each owner. */
const known = new WeakMap<DescriptorOwner, SocketKind>()

/** The kind of a socket. For a bare number the kernel is asked each time, which also tells whether the number is open. */
export function kindOf(owner: DescriptorOwner): SocketKind {
  if (owner.isBareNumber === true) return kindOfDescriptor(owner.fd)
  let kind = known.get(owner)
  if (kind === undefined) {
    kind = kindOfDescriptor(owner.fd)
    known.set(owner, kind)
  }
  return kind
}

const numberOf = (fd: number, option: typeof SO_TYPE): number => getNow(fd, partsOf(option), undefined) as number

/** The kind of a descriptor, as the kernel tells it now. `asked` and `advice`, by the errno's name, are for the error. */
export function kindOfDescriptor(
  fd: number,
  asked = `descriptor ${fd}`,
  advice: Readonly<Record<string, string>> = {},
): SocketKind {
  try {
    const kind = native.kind(fd)
    return { family: kind >> 8, type: kind & 255 }
  } catch (error) {
    if (typeof error !== 'number') throw error
    // Some sockets have no address to be asked for, such as those of AF_XDP.
    if (codeOf(error) === 'ENOTSUP' && SO_DOMAIN.supported)
      return { family: numberOf(fd, SO_DOMAIN), type: numberOf(fd, SO_TYPE) }
    throw kernelError({
      asked,
      errno: error,
      syscall: 'getsockname',
      advice: advice[codeOf(error)] ?? 'an open socket is needed',
    })
  }
}

export const isIpv6Socket = ({ family }: SocketKind): boolean => family === AF_INET6

/** Whether IPv4 arrives at a socket: a dual-stack socket gets it, a raw IPv6 socket does not, whatever IPV6_V6ONLY is. */
export function takesIpv4(owner: DescriptorOwner): boolean {
  const { family, type } = kindOf(owner)
  return family !== AF_INET6 || (type !== SOCK_RAW && !getNow(owner.fd, partsOf(IPV6_V6ONLY), undefined))
}

/** Refuses a socket that can't be a member of anything: some joins succeed on a stream socket and do nothing. */
export function mustTakeMemberships(owner: DescriptorOwner): SocketKind {
  const kind = kindOf(owner)
  const { family, type } = kind
  if (family !== AF_INET && family !== AF_INET6)
    throw badValue(`a membership needs an IPv4 or IPv6 socket; this one is of family ${family}`)
  if (type !== SOCK_DGRAM && type !== SOCK_RAW)
    throw badValue('a membership needs a datagram or raw socket; this is a stream socket')
  return kind
}

/** Refuses a group that the kernel would accept and then never deliver, or refuse with a misleading errno. */
export function mustTakeGroup(owner: DescriptorOwner, group: string): void {
  const { family } = mustTakeMemberships(owner)
  if (isIpv6(group)) {
    if (family !== AF_INET6) throw badValue(`group ${show(group)} is IPv6 and this socket is IPv4`)
  } else if (family === AF_INET6 && !takesIpv4(owner)) {
    throw badValue(`group ${show(group)} is IPv4 and this IPv6 socket is raw or has IPV6_V6ONLY: nothing would arrive`)
  }
}
