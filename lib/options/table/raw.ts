// The options of raw ICMP and ICMPv6 sockets.

import { icmpFilter, icmpv6Filter } from '../codecs.ts'
import { option } from '../option.ts'

/** `ICMP6_FILTER`: RFC 3542's name of `ICMPV6_FILTER`. RFC 3542 3.2 */
export const ICMP6_FILTER = option('ICMP6_FILTER', 'IPPROTO_ICMPV6', icmpv6Filter)
/** `ICMPV6_FILTER`: which ICMPv6 messages a raw socket gets, by type. Default { block: [] }. RFC 3542 3.2 */
export const ICMPV6_FILTER = option('ICMPV6_FILTER', 'IPPROTO_ICMPV6', icmpv6Filter)
/** `ICMP_FILTER`: which ICMP messages of types 0 to 31 a raw socket gets. Default { block: [] }. raw(7) */
export const ICMP_FILTER = option('ICMP_FILTER', 'SOL_RAW', icmpFilter)
