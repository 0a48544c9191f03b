// The level of an option that exists once for each family.
import { isIpv6, unmapped } from '../net/address.ts'

/** The level by the group of a value. A dual-stack socket tells an IPv4 group as an IPv4-mapped address. */
export function levelOfGroup(value: unknown): 'IPPROTO_IP' | 'IPPROTO_IPV6' {
  const { group } = value as { group: string }
  return isIpv6(group) && isIpv6(unmapped(group)) ? 'IPPROTO_IPV6' : 'IPPROTO_IP'
}
