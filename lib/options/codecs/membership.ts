// Codecs of the structs that join, leave, block and unblock.

import { unmapped } from '../../net/address.ts'
import { type Codec, same, wrongFields } from './codec.ts'
import {
  type GroupRequest,
  type GroupSourceRequest,
  INADDR_ANY,
  type IpMreqSource,
  indexOf,
  isAddress,
  localAddressOf,
  wrongGroup,
  wrongInterface,
  wrongSource,
} from './multicast-target.ts'

interface MembershipShape<W> {
  expects: string
  interface: 'address' | 'index' | 'either'
  family?: 4 | 6
  source?: boolean
  write: string | ((value: W) => string)
  toNative: (value: W) => unknown
}

function membership<W extends object>(shape: MembershipShape<W>): Codec<never, W> {
  return {
    expects: shape.expects,
    read: typeof shape.write === 'string' ? shape.write : 'ip_mreqn',
    write: shape.write,
    toNative: shape.toNative,
    fromNative: same,
    wrong: (value) => {
      const strange = wrongFields(
        value,
        shape.source === true ? ['group', 'source', 'interface'] : ['group', 'interface'],
      )
      if (strange !== '') return strange
      const { group, source, interface: on } = value as Record<string, unknown>
      return (
        wrongGroup(group, shape.family) ||
        (shape.source === true ? wrongSource(source, unmapped(group as string)) : '') ||
        wrongInterface(on, shape.interface)
      )
    },
  }
}

const byAddress = (value: GroupRequest): boolean => value.interface === undefined || isAddress(value.interface)

/** `struct ip_mreq` if the interface is a local address or none, `struct ip_mreqn` if it is a name or an index. */
export const ipMreq: Codec<never, GroupRequest> = membership({
  expects: '{ group, interface? }: an IPv4 group; a name, an index or a local address',
  family: 4,
  interface: 'either',
  write: (value) => (byAddress(value) ? 'ip_mreq' : 'ip_mreqn'),
  toNative: (value) =>
    byAddress(value)
      ? { group: unmapped(value.group), interface: localAddressOf(value.interface as string | undefined) }
      : { group: unmapped(value.group), address: INADDR_ANY, interface: indexOf(value.interface) },
})

/** `struct ip_mreq_source`. */
export const ipMreqSource: Codec<never, IpMreqSource> = membership({
  expects: '{ group, source, interface? }: IPv4 addresses, the interface by a local one',
  family: 4,
  interface: 'address',
  source: true,
  write: 'ip_mreq_source',
  toNative: (value) => ({
    group: unmapped(value.group),
    source: unmapped(value.source),
    interface: localAddressOf(value.interface),
  }),
})

/** `struct ipv6_mreq`. */
export const ipv6Mreq: Codec<never, GroupRequest> = membership({
  expects: '{ group, interface? }: an IPv6 group; a name or an index',
  family: 6,
  interface: 'index',
  write: 'ipv6_mreq',
  toNative: (value) => ({ group: unmapped(value.group), interface: indexOf(value.interface) }),
})

/** `struct group_req`: IPv4 and IPv6. */
export const groupReq: Codec<never, GroupRequest> = membership({
  expects: '{ group, interface? }: a group; a name or an index',
  interface: 'index',
  write: 'group_req',
  toNative: (value) => ({ group: unmapped(value.group), interface: indexOf(value.interface) }),
})

/** `struct group_source_req`: IPv4 and IPv6. */
export const groupSourceReq: Codec<never, GroupSourceRequest> = membership({
  expects: '{ group, source, interface? }: a group and a source of one family; a name or an index',
  interface: 'index',
  source: true,
  write: 'group_source_req',
  toNative: (value) => ({
    group: unmapped(value.group),
    source: unmapped(value.source),
    interface: indexOf(value.interface),
  }),
})
