// The codec of a struct sockaddr of IPv4 or IPv6.

import { native } from '../../binding/native.ts'
import type { IpFamily } from '../../net/address.ts'
import { type Codec, codec } from './codec.ts'

/** A `struct sockaddr`: of another family than IPv4 and IPv6 only the family's number. */
export type Sockaddr = { family: IpFamily; address: string; port: number } | { family: number }

interface NativeSockaddr {
  readonly family: number
  readonly address: string
  readonly port: number
}

function fromNative({ family, address, port }: NativeSockaddr): Sockaddr {
  const { AF_INET, AF_INET6 } = native.constants
  if (family === AF_INET) return { family: 'ipv4', address, port }
  if (family === AF_INET6) return { family: 'ipv6', address, port }
  return { family }
}

/** A `struct sockaddr` that the kernel tells. */
export const sockaddr: Codec<Sockaddr, never> = codec(
  'sockaddr',
  "{ family: 'ipv4' or 'ipv6', address, port }",
  () => false,
  { fromNative },
)

/** A `struct sockaddr` within a longer answer. */
export const decodeSockaddr = (bytes: Uint8Array): Sockaddr =>
  fromNative(native.decode(native.codecs.sockaddr ?? -1, bytes) as NativeSockaddr)
