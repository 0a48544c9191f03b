// The choice of a native option that exists once for each family.
import { isIpv6, unmapped } from '../net/address.ts'
import type { ByGroup } from './attributes.ts'

/** The level is `IPPROTO_IP` or `IPPROTO_IPV6`, by the family of the value's group. */
export const byGroup: ByGroup = (optionAt) => {
  let ipv4: ReturnType<typeof optionAt> | undefined
  let ipv6: ReturnType<typeof optionAt> | undefined
  return (value) => {
    const { group } = value as { group: string }
    // A dual-stack socket tells an IPv4 group as an IPv4-mapped address.
    if (isIpv6(group) && isIpv6(unmapped(group))) {
      ipv6 ??= optionAt('IPPROTO_IPV6')
      return ipv6
    }
    ipv4 ??= optionAt('IPPROTO_IP')
    return ipv4
  }
}
