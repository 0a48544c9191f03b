// Codecs of AF_XDP.

import { structOf } from './layout.ts'
import { numberAs } from './member.ts'
import { flags } from './names.ts'

/** `struct xdp_statistics`. */
export const xdpStatistics = structOf({
  rx_dropped: 'u64',
  rx_invalid_descs: 'u64',
  tx_invalid_descs: 'u64',
  rx_ring_full: 'u64',
  rx_fill_ring_empty_descs: 'u64',
  tx_ring_empty_descs: 'u64',
})

/** `struct xdp_options`. */
export const xdpOptions = structOf({ flags: numberAs('u32', flags({ zerocopy: 1 })) })
