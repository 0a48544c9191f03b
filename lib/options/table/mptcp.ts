// The options of level SOL_MPTCP.

import { mptcpInfo, mptcpSubflowAddresses } from '../codecs.ts'
import { option } from '../option.ts'

/** `MPTCP_INFO`: the state of a Multipath TCP connection. Documentation/networking/mptcp.rst */
export const MPTCP_INFO = option('MPTCP_INFO', 'SOL_MPTCP', mptcpInfo, { access: 'read', since: '5.16' })
/** `MPTCP_SUBFLOW_ADDRS`: the addresses of each subflow, 32 at most. Documentation/networking/mptcp.rst */
export const MPTCP_SUBFLOW_ADDRS = option('MPTCP_SUBFLOW_ADDRS', 'SOL_MPTCP', mptcpSubflowAddresses, {
  access: 'read',
  since: '5.16',
})
