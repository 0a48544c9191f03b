// The options of level SOL_MPTCP.

import { mptcpFullInfo, mptcpInfo, mptcpSubflowAddresses, mptcpTcpInfo } from '../codecs.ts'
import { option } from '../option.ts'

/** `MPTCP_FULL_INFO`: the connection and each of its subflows, 32 at most, in one answer. include/uapi/linux/mptcp.h */
export const MPTCP_FULL_INFO = option('MPTCP_FULL_INFO', 'SOL_MPTCP', mptcpFullInfo, { access: 'read', since: '6.5' })
/** `MPTCP_INFO`: the state of a Multipath TCP connection. Documentation/networking/mptcp.rst */
export const MPTCP_INFO = option('MPTCP_INFO', 'SOL_MPTCP', mptcpInfo, { access: 'read', since: '5.16' })
/** `MPTCP_SUBFLOW_ADDRS`: the addresses of each subflow, 32 at most. Documentation/networking/mptcp.rst */
export const MPTCP_SUBFLOW_ADDRS = option('MPTCP_SUBFLOW_ADDRS', 'SOL_MPTCP', mptcpSubflowAddresses, {
  access: 'read',
  since: '5.16',
})
/** `MPTCP_TCPINFO`: `TCP_INFO` of each subflow, 32 at most. Documentation/networking/mptcp.rst */
export const MPTCP_TCPINFO = option('MPTCP_TCPINFO', 'SOL_MPTCP', mptcpTcpInfo, { access: 'read', since: '5.16' })
