// Messages of rtnetlink(7) about addresses of interfaces; and the request for them.

import { formatAddress, type IpFamily } from '../net/address.ts'
import { isMalformed, type Malformed, malformed } from '../protocols/malformed.ts'
import { attributesByType, type NetlinkMessage, netlinkNumber, netlinkRequest, numberOf } from './netlink.ts'
import { ADDRESS_LENGTHS, readFamily } from './rtnl-family.ts'

export const RTM_NEWADDR = 20
export const RTM_DELADDR = 21
const RTM_GETADDR = 22

/** An address of an interface, as the kernel tells of it. */
export interface LinkAddress {
  family: IpFamily
  /** The interface's index. */
  index: number
  prefixLength: number
  /** The local address, without a zone. */
  address: string
  /** The other end's address, if the interface is point-to-point. */
  peer?: string
  /** `RT_SCOPE_...` of linux/rtnetlink.h: 0 is global, 253 of the link, 254 of the host. */
  scope: number
  /** `IFA_F_...` of linux/if_addr.h: `IFA_F_TENTATIVE` and `IFA_F_DADFAILED` of lib/net/address.ts, for example. */
  flags: number
}

/**
 * The length of struct ifaddrmsg: family, prefix length, flags and scope in a byte each, then the interface's index.
 */
export const IFADDRMSG_LENGTH = 8

const IFA_ADDRESS = 1
const IFA_LOCAL = 2
const IFA_FLAGS = 8

/** The address of an RTM_NEWADDR or RTM_DELADDR. */
export function decodeAddress({ payload }: NetlinkMessage): LinkAddress | Malformed {
  const family = readFamily(payload)
  if (typeof family !== 'string') return family
  const length = ADDRESS_LENGTHS[family]
  const attributes = attributesByType(payload, IFADDRMSG_LENGTH, {
    [IFA_ADDRESS]: length,
    [IFA_LOCAL]: length,
    [IFA_FLAGS]: 4,
  })
  if (isMalformed(attributes)) return attributes
  const [, prefixLength = 0, shortFlags = 0, scope = 0] = payload
  if (prefixLength > length * 8) return malformed(`a prefix of ${prefixLength} bits in an address of ${length} bytes`)
  const address = attributes.get(IFA_ADDRESS)
  // Without a peer, IPv4 has its address in both and IPv6 in IFA_ADDRESS only.
  const local = attributes.get(IFA_LOCAL) ?? address
  if (local === undefined) return malformed('an address without its bytes')
  const text = formatAddress(local)
  const peer = address && formatAddress(address)
  return {
    family,
    index: netlinkNumber(payload, 4),
    prefixLength,
    address: text,
    ...(peer !== undefined && peer !== text && { peer }),
    scope,
    flags: numberOf(attributes.get(IFA_FLAGS)) ?? shortFlags,
  }
}

/** The request for the addresses of all interfaces. */
export const addressRequest = (seq: number): Uint8Array =>
  netlinkRequest({ type: RTM_GETADDR, seq, dump: true, struct: new Uint8Array(IFADDRMSG_LENGTH) })
