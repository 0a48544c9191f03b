// The options of level SOL_XDP.

import { unsigned, xdpOptions, xdpStatistics } from '../codecs.ts'
import { option } from '../option.ts'

/** `XDP_MAX_TX_SKB_BUDGET`: how many packets one send takes from the ring in copy mode, 32 at least. Default 32. Needs the ring. Documentation/networking/af_xdp.rst */
export const XDP_MAX_TX_SKB_BUDGET = option('XDP_MAX_TX_SKB_BUDGET', 'SOL_XDP', unsigned(32), {
  access: 'write',
  since: '6.17',
  meanings: {
    EACCES: { reason: 'bad-value', advice: 'it is from 32 to the length of the send ring, which must be there' },
  },
})
/** `XDP_OPTIONS`: whether packets are not copied. Documentation/networking/af_xdp.rst */
export const XDP_OPTIONS = option('XDP_OPTIONS', 'SOL_XDP', xdpOptions, { access: 'read', since: '5.3' })
/** `XDP_STATISTICS`: packets dropped, and why. Documentation/networking/af_xdp.rst */
export const XDP_STATISTICS = option('XDP_STATISTICS', 'SOL_XDP', xdpStatistics, { access: 'read', since: '4.18' })
