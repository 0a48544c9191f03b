// Codecs of SCTP.

import { structOf } from './layout.ts'

/** The association of a one-to-many socket; 0: future associations, or the one association of a one-to-one socket. */
const assoc = { assoc_id: 0 } as const

/** `struct sctp_initmsg`; 0 leaves a field as it is. */
export const sctpInitmsg = structOf({
  num_ostreams: 'u16',
  max_instreams: 'u16',
  max_attempts: 'u16',
  max_init_timeo: 'u16',
})
/** `struct sctp_rtoinfo`, in milliseconds; 0 leaves a field as it is. */
export const sctpRtoinfo = structOf({ assoc_id: 'i32', initial: 'u32', max: 'u32', min: 'u32' }, assoc)
/** `struct sctp_assocparams`; the windows in bytes and the cookie's life in milliseconds. */
export const sctpAssocparams = structOf(
  {
    assoc_id: 'i32',
    asocmaxrxt: 'u16',
    number_peer_destinations: 'u16',
    peer_rwnd: 'u32',
    local_rwnd: 'u32',
    cookie_life: 'u32',
  },
  { assoc_id: 0, number_peer_destinations: 0, peer_rwnd: 0, local_rwnd: 0 },
)
/** `struct sctp_assoc_value`. */
export const sctpAssocValue = structOf({ assoc_id: 'i32', value: 'u32' }, assoc)
/** `struct sctp_sack_info`: the delay in milliseconds, and after how many packets one is sent at once. */
export const sctpSackInfo = structOf({ assoc_id: 'i32', delay: 'u32', freq: 'u32' }, assoc)
/** `struct sctp_stream_value`. */
export const sctpStreamValue = structOf({ assoc_id: 'i32', stream_id: 'u16', value: 'u16' }, assoc)
/** `struct sctp_event`: one kind of notification on (1) or off. */
export const sctpEvent = structOf({ assoc_id: 'i32', type: 'u16', on: 'u8' }, assoc)
/** `struct sctp_sndinfo`. */
export const sctpSndinfo = structOf(
  { sid: 'u16', flags: 'u16', ppid: 'u32', context: 'u32', assoc_id: 'i32' },
  { flags: 0, ppid: 0, context: 0, assoc_id: 0 },
)
/** `struct sctp_default_prinfo`: a policy of partial reliability and its value. RFC 7496 */
export const sctpDefaultPrinfo = structOf({ assoc_id: 'i32', value: 'u32', policy: 'u16' }, assoc)
/** `struct sctp_authkeyid`. */
export const sctpAuthkeyid = structOf({ assoc_id: 'i32', keynumber: 'u16' }, assoc)
/** `struct sctp_add_streams`. */
export const sctpAddStreams = structOf({ assoc_id: 'i32', instrms: 'u16', outstrms: 'u16' }, assoc)
/** `struct sctp_event_subscribe`: notifications on (1) or off. */
export const sctpEventSubscribe = structOf({
  data_io: 'u8',
  association: 'u8',
  address: 'u8',
  send_failure: 'u8',
  peer_error: 'u8',
  shutdown: 'u8',
  partial_delivery: 'u8',
  adaptation_layer: 'u8',
  authentication: 'u8',
  sender_dry: 'u8',
  stream_reset: 'u8',
  assoc_reset: 'u8',
  stream_change: 'u8',
  send_failure_event: 'u8',
})
