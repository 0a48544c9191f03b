import { badValue, show } from '../base/errors.ts'
import { native } from '../binding/native.ts'
import { partsOf } from '../options/option.ts'
import { IPV6_V6ONLY } from '../options/table/ipv6.ts'
import { getNow, kindOf } from './call-now.ts'
import type { DescriptorOwner, SocketHandle } from './socket-handle.ts'

export interface Kind {
  readonly family: number
  readonly type: number
}

/** What is known of one socket besides what the kernel can be asked for. A new descriptor in it begins anew. */
export interface Session extends SocketHandle {
  /** Of its owner, where that is known: to find it takes a while. */
  kind(now?: DescriptorOwner): Kind
}

export function openSession({ owner, fd }: SocketHandle): Session {
  let known: { owner: DescriptorOwner; kind: Kind } | undefined
  return {
    owner,
    fd,
    kind: (now = owner()) => {
      if (known?.owner !== now || now.isBareNumber === true) known = { owner: now, kind: kindOf(fd()) }
      return known.kind
    },
  }
}

const { AF_INET, AF_INET6, SOCK_DGRAM, SOCK_RAW } = native.constants

const familyName = (family: number): string =>
  family === AF_INET ? 'IPv4' : family === AF_INET6 ? 'IPv6' : `family ${family}`

export const isIpv6 = (kind: Kind): boolean => kind.family === AF_INET6

/** A raw IPv6 socket does not, whatever IPV6_V6ONLY says. */
export const takesIpv4 = (session: Session, kind = session.kind()): boolean =>
  !isIpv6(kind) || (kind.type !== SOCK_RAW && !getNow(session.fd(), partsOf(IPV6_V6ONLY), undefined))

/** Refuses a socket that can't be a member of anything: some joins succeed on a stream socket and do nothing. */
export function mustTakeMemberships(session: Session, owner?: DescriptorOwner): Kind {
  const kind = session.kind(owner)
  if (kind.family !== AF_INET && kind.family !== AF_INET6)
    throw badValue(`a membership needs an IPv4 or IPv6 socket; this one is of ${familyName(kind.family)}`)
  if (kind.type !== SOCK_DGRAM && kind.type !== SOCK_RAW)
    throw badValue('a membership needs a datagram or raw socket; this is a stream socket')
  return kind
}

/** Refuses what the kernel would accept and then never deliver, or answer with a riddle. */
export function mustTakeGroup(session: Session, group: string, owner: DescriptorOwner): void {
  const kind = mustTakeMemberships(session, owner)
  if (group.includes(':')) {
    if (!isIpv6(kind)) throw badValue(`group ${show(group)} is IPv6 and this socket is IPv4`)
  } else if (!takesIpv4(session, kind)) {
    throw badValue(`group ${show(group)} is IPv4 and this IPv6 socket is raw or has IPV6_V6ONLY: nothing would arrive`)
  }
}
