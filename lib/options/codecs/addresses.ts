// Codecs of IP addresses without a port.

import { parseAddress } from '../../net/address.ts'
import { type Codec, codec } from './codec.ts'

const isFamily = (family: 4 | 6) => (value: unknown) =>
  typeof value === 'string' && parseAddress(value)?.family === family

/** A `struct in_addr`: an IPv4 address. */
export const inAddr: Codec<string> = codec('in_addr', 'an IPv4 address', isFamily(4))

/** A `struct in6_addr`: an IPv6 address. */
export const in6Addr: Codec<string> = codec('in6_addr', 'an IPv6 address', isFamily(6))

/** An IPv4 or IPv6 address in a `struct sockaddr_storage`; the port is 0. */
export const anyAddress: Codec<string> = codec(
  'sockaddr_storage',
  'an IPv4 or IPv6 address',
  (value) => typeof value === 'string' && parseAddress(value) !== undefined,
)
