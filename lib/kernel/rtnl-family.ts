// The address families of rtnetlink(7)'s structs, whose first byte is always the family.

import type { IpFamily } from '../net/address.ts'
import { type Malformed, malformed } from '../protocols/malformed.ts'

/** No family: of a link itself. */
export const AF_UNSPEC = 0
export const AF_INET = 2
export const AF_INET6 = 10

/** The length of an address, in bytes. */
export const ADDRESS_LENGTHS = { ipv4: 4, ipv6: 16 } as const

/** The family of a message, by its first byte. */
export function readFamily([family]: Uint8Array): IpFamily | Malformed {
  if (family === AF_INET) return 'ipv4'
  return family === AF_INET6 ? 'ipv6' : malformed(`the family ${family}, which is neither IPv4 nor IPv6`)
}

export const familyNumberOf = (family: IpFamily): number => (family === 'ipv4' ? AF_INET : AF_INET6)
