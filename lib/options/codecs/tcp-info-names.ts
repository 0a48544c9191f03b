// The names of what struct tcp_info tells by numbers.

import { flags } from './names.ts'

export const STATES = [
  'UNKNOWN',
  'ESTABLISHED',
  'SYN_SENT',
  'SYN_RECV',
  'FIN_WAIT1',
  'FIN_WAIT2',
  'TIME_WAIT',
  'CLOSE',
  'CLOSE_WAIT',
  'LAST_ACK',
  'LISTEN',
  'CLOSING',
  'NEW_SYN_RECV',
  'BOUND_INACTIVE',
] as const
export const CONGESTION_STATES = ['Open', 'Disorder', 'CWR', 'Recovery', 'Loss'] as const
export const FASTOPEN_FAILURES = ['UNSPEC', 'COOKIE_UNAVAILABLE', 'DATA_NOT_ACKED', 'SYN_RETRANSMITTED'] as const

/** The state of a connection, without its `TCP_`. */
export type TcpState = (typeof STATES)[number]
/** The state of congestion control, without its `TCP_CA_`. */
export type TcpCongestionState = (typeof CONGESTION_STATES)[number]
/** Why TCP Fast Open failed, without its `TFO_`. */
export type TcpFastOpenFailure = (typeof FASTOPEN_FAILURES)[number]

export const options = flags({
  TIMESTAMPS: 1,
  SACK: 2,
  WSCALE: 4,
  ECN: 8,
  ECN_SEEN: 16,
  SYN_DATA: 32,
  USEC_TS: 64,
  TFO_CHILD: 128,
})
/** An option that the handshake agreed on. */
export type TcpOption = ReturnType<typeof options.fromNative>[number]
