// The options of level SOL_SCTP.

import {
  boolean,
  byte,
  int,
  sctpAddStreams,
  sctpAssocIds,
  sctpAssocparams,
  sctpAssocStats,
  sctpAssocValue,
  sctpAuthchunks,
  sctpAuthkey,
  sctpAuthkeyid,
  sctpDefaultPrinfo,
  sctpEvent,
  sctpEventSubscribe,
  sctpHmacalgo,
  sctpInitmsg,
  sctpPaddrinfo,
  sctpPaddrparams,
  sctpPaddrthlds,
  sctpPaddrthldsV2,
  sctpPrim,
  sctpProbeinterval,
  sctpPrstatus,
  sctpResetStreams,
  sctpRtoinfo,
  sctpSackInfo,
  sctpSndinfo,
  sctpStatus,
  sctpStreamValue,
  sctpUdpencaps,
  unsigned,
} from '../codecs.ts'
import { option } from '../option.ts'

/** `SCTP_ADAPTATION_LAYER`: the number that tells the peer which protocol is above SCTP. Default 0. RFC 6458 8.1.10 */
export const SCTP_ADAPTATION_LAYER = option('SCTP_ADAPTATION_LAYER', 'SOL_SCTP', unsigned())
/** `SCTP_ADD_STREAMS`: ask the peer for more streams. RFC 6525 6.3.4 */
export const SCTP_ADD_STREAMS = option('SCTP_ADD_STREAMS', 'SOL_SCTP', sctpAddStreams, {
  access: 'write',
  since: '4.11',
})
/** `SCTP_ASCONF_SUPPORTED`: addresses may change while associated (1) or not. Default: the sysctl net.sctp.addip_enable. RFC 5061 */
export const SCTP_ASCONF_SUPPORTED = option('SCTP_ASCONF_SUPPORTED', 'SOL_SCTP', sctpAssocValue, { since: '5.4' })
/** `SCTP_ASSOCINFO`: retransmissions of an association and the life of its cookie. Default 10 and 60000 ms: the sysctls net.sctp.association_max_retrans and valid_cookie_life. RFC 6458 8.1.2 */
export const SCTP_ASSOCINFO = option('SCTP_ASSOCINFO', 'SOL_SCTP', sctpAssocparams)
/** `SCTP_AUTH_ACTIVE_KEY`: the key in use. Default 0. Only if SCTP_AUTH_SUPPORTED is on. RFC 6458 8.1.18 */
export const SCTP_AUTH_ACTIVE_KEY = option('SCTP_AUTH_ACTIVE_KEY', 'SOL_SCTP', sctpAuthkeyid)
/** `SCTP_AUTH_CHUNK`: require authentication of a type of chunk, by its number. Default none. RFC 6458 8.3.2 */
export const SCTP_AUTH_CHUNK = option('SCTP_AUTH_CHUNK', 'SOL_SCTP', byte, { access: 'write' })
/** `SCTP_AUTH_DEACTIVATE_KEY`: take a key out of use. RFC 6458 8.3.4 */
export const SCTP_AUTH_DEACTIVATE_KEY = option('SCTP_AUTH_DEACTIVATE_KEY', 'SOL_SCTP', sctpAuthkeyid, {
  access: 'write',
  since: '4.17',
})
/** `SCTP_AUTH_DELETE_KEY`: delete a key. RFC 6458 8.3.5 */
export const SCTP_AUTH_DELETE_KEY = option('SCTP_AUTH_DELETE_KEY', 'SOL_SCTP', sctpAuthkeyid, { access: 'write' })
/** `SCTP_AUTH_KEY`: a key for authenticated chunks, by its number. Default the empty key of number 0. RFC 6458 8.3.3 */
export const SCTP_AUTH_KEY = option('SCTP_AUTH_KEY', 'SOL_SCTP', sctpAuthkey, { access: 'write' })
/** `SCTP_AUTH_SUPPORTED`: chunks may be authenticated (1) or not. Default: the sysctl net.sctp.auth_enable. RFC 4895 */
export const SCTP_AUTH_SUPPORTED = option('SCTP_AUTH_SUPPORTED', 'SOL_SCTP', sctpAssocValue, { since: '5.4' })
/** `SCTP_AUTOCLOSE`: seconds without traffic after which an association ends; 0: never. Default 0. One-to-many sockets. RFC 6458 8.1.8 */
export const SCTP_AUTOCLOSE = option('SCTP_AUTOCLOSE', 'SOL_SCTP', unsigned(0, 2 ** 32 - 1, 'seconds'))
/** `SCTP_AUTO_ASCONF`: tell peers of addresses that come and go; for sockets bound to every address. Default: the sysctl net.sctp.default_auto_asconf. RFC 6458 8.1.23 */
export const SCTP_AUTO_ASCONF = option('SCTP_AUTO_ASCONF', 'SOL_SCTP', boolean, { since: '3.1' })
/** `SCTP_CONTEXT`: a number that comes with each message received. Default 0. RFC 6458 8.1.25 */
export const SCTP_CONTEXT = option('SCTP_CONTEXT', 'SOL_SCTP', sctpAssocValue)
/** `SCTP_DEFAULT_PRINFO`: the partial reliability policy of sends that name none. Default none. RFC 7496 4.2 */
export const SCTP_DEFAULT_PRINFO = option('SCTP_DEFAULT_PRINFO', 'SOL_SCTP', sctpDefaultPrinfo, { since: '4.8' })
/** `SCTP_DEFAULT_SNDINFO`: the stream and other settings of sends that name none. Default all 0. RFC 6458 8.1.31 */
export const SCTP_DEFAULT_SNDINFO = option('SCTP_DEFAULT_SNDINFO', 'SOL_SCTP', sctpSndinfo, { since: '3.17' })
/** `SCTP_DELAYED_SACK`: how long (500 ms at most), and for how many packets, an acknowledgement is delayed. Default 200 and 2: the sysctl net.sctp.sack_timeout. RFC 6458 8.1.19 */
export const SCTP_DELAYED_SACK = option('SCTP_DELAYED_SACK', 'SOL_SCTP', sctpSackInfo)
/** `SCTP_DISABLE_FRAGMENTS`: messages too big for the path are refused. Default false. RFC 6458 8.1.11 */
export const SCTP_DISABLE_FRAGMENTS = option('SCTP_DISABLE_FRAGMENTS', 'SOL_SCTP', boolean)
/** `SCTP_ECN_SUPPORTED`: congestion may be signalled by ECN marks (1) or not. Default: the sysctl net.sctp.ecn_enable, 1. RFC 9260 */
export const SCTP_ECN_SUPPORTED = option('SCTP_ECN_SUPPORTED', 'SOL_SCTP', sctpAssocValue, { since: '5.4' })
/** `SCTP_ENABLE_STREAM_RESET`: which resets a peer may ask for, as a sum: 1 streams, 2 the association, 4 more streams. Default 0. RFC 6525 6.3.1 */
export const SCTP_ENABLE_STREAM_RESET = option('SCTP_ENABLE_STREAM_RESET', 'SOL_SCTP', sctpAssocValue, {
  since: '4.11',
})
/** `SCTP_EVENT`: one kind of notification on or off. RFC 6458 6.2.2 */
export const SCTP_EVENT = option('SCTP_EVENT', 'SOL_SCTP', sctpEvent, { access: 'write', since: '5.0' })
/** `SCTP_EVENTS`: the notifications wanted. Default none. RFC 6458 6.2.1 */
export const SCTP_EVENTS = option('SCTP_EVENTS', 'SOL_SCTP', sctpEventSubscribe)
/** `SCTP_EXPOSE_POTENTIALLY_FAILED_STATE`: tell of paths that may have failed: 1 no, 2 yes, 0 only when asked. Default: the sysctl net.sctp.pf_expose, 0. RFC 7829 7.3 */
export const SCTP_EXPOSE_POTENTIALLY_FAILED_STATE = option(
  'SCTP_EXPOSE_POTENTIALLY_FAILED_STATE',
  'SOL_SCTP',
  sctpAssocValue,
  { since: '5.5' },
)
/** `SCTP_FRAGMENT_INTERLEAVE`: fragments of messages of several associations (1) and streams (2) may come interleaved; Linux takes 2 as 1. Default 0. RFC 6458 8.1.20 */
export const SCTP_FRAGMENT_INTERLEAVE = option('SCTP_FRAGMENT_INTERLEAVE', 'SOL_SCTP', int(0, 2))
/** `SCTP_GET_ASSOC_ID_LIST`: the ids of the associations of a one-to-many socket. RFC 6458 8.2.6 */
export const SCTP_GET_ASSOC_ID_LIST = option('SCTP_GET_ASSOC_ID_LIST', 'SOL_SCTP', sctpAssocIds, { access: 'read' })
/** `SCTP_GET_ASSOC_NUMBER`: how many associations there are. RFC 6458 8.2.5 */
export const SCTP_GET_ASSOC_NUMBER = option('SCTP_GET_ASSOC_NUMBER', 'SOL_SCTP', unsigned(), { access: 'read' })
/** `SCTP_GET_ASSOC_STATS`: counts of an association; the highest timeout is since this was last read. include/uapi/linux/sctp.h */
export const SCTP_GET_ASSOC_STATS = option('SCTP_GET_ASSOC_STATS', 'SOL_SCTP', sctpAssocStats, {
  access: 'read',
  since: '3.8',
})
/** `SCTP_GET_PEER_ADDR_INFO`: how the path to one address of the peer fares. RFC 6458 8.2.2 */
export const SCTP_GET_PEER_ADDR_INFO = option('SCTP_GET_PEER_ADDR_INFO', 'SOL_SCTP', sctpPaddrinfo, { access: 'read' })
/** `SCTP_HMAC_IDENT`: the algorithms of authentication, by preference. Default sha256 and sha1. RFC 6458 8.1.17 */
export const SCTP_HMAC_IDENT = option('SCTP_HMAC_IDENT', 'SOL_SCTP', sctpHmacalgo)
/** `SCTP_INITMSG`: streams to offer and to allow, attempts to associate, and the most milliseconds between them. Default 10, 65535, 8 and 60000. RFC 6458 8.1.3 */
export const SCTP_INITMSG = option('SCTP_INITMSG', 'SOL_SCTP', sctpInitmsg)
/** `SCTP_INTERLEAVING_SUPPORTED`: messages may be interleaved (1) or not. Default 0; the sysctl net.sctp.intl_enable and SCTP_FRAGMENT_INTERLEAVE must be on. RFC 8260 */
export const SCTP_INTERLEAVING_SUPPORTED = option('SCTP_INTERLEAVING_SUPPORTED', 'SOL_SCTP', sctpAssocValue, {
  since: '4.16',
})
/** `SCTP_I_WANT_MAPPED_V4_ADDR`: IPv4 addresses come as IPv4-mapped IPv6 addresses. Default true. RFC 6458 8.1.15 */
export const SCTP_I_WANT_MAPPED_V4_ADDR = option('SCTP_I_WANT_MAPPED_V4_ADDR', 'SOL_SCTP', boolean)
/** `SCTP_LOCAL_AUTH_CHUNKS`: the types of chunks that this host wants authenticated. RFC 6458 8.2.4 */
export const SCTP_LOCAL_AUTH_CHUNKS = option('SCTP_LOCAL_AUTH_CHUNKS', 'SOL_SCTP', sctpAuthchunks, { access: 'read' })
/** `SCTP_MAXSEG`: the largest fragment of a message, in bytes; 0: the path decides. Default 0. RFC 6458 8.1.16 */
export const SCTP_MAXSEG = option('SCTP_MAXSEG', 'SOL_SCTP', sctpAssocValue)
/** `SCTP_MAX_BURST`: the most packets sent at once. Default: the sysctl net.sctp.max_burst, 4. RFC 6458 8.1.24 */
export const SCTP_MAX_BURST = option('SCTP_MAX_BURST', 'SOL_SCTP', sctpAssocValue)
/** `SCTP_NODELAY`: send small messages at once. Default false. RFC 6458 8.1.5 */
export const SCTP_NODELAY = option('SCTP_NODELAY', 'SOL_SCTP', boolean)
/** `SCTP_PARTIAL_DELIVERY_POINT`: how many bytes of a message start its delivery, half of SO_RCVBUF at most. Default 0. RFC 6458 8.1.21 */
export const SCTP_PARTIAL_DELIVERY_POINT = option(
  'SCTP_PARTIAL_DELIVERY_POINT',
  'SOL_SCTP',
  unsigned(0, 2 ** 32 - 1, 'bytes'),
)
/** `SCTP_PEER_ADDR_PARAMS`: heartbeats, retransmissions, MTU and delays of the path to one address, or to all. RFC 6458 8.1.12 */
export const SCTP_PEER_ADDR_PARAMS = option('SCTP_PEER_ADDR_PARAMS', 'SOL_SCTP', sctpPaddrparams)
/** `SCTP_PEER_ADDR_THLDS`: after how many retransmissions the path to one address, or to all, fails. RFC 7829 7.2 */
export const SCTP_PEER_ADDR_THLDS = option('SCTP_PEER_ADDR_THLDS', 'SOL_SCTP', sctpPaddrthlds, { since: '3.6' })
/** `SCTP_PEER_ADDR_THLDS_V2`: as `SCTP_PEER_ADDR_THLDS`, and when the primary path is changed. RFC 7829 7.2 */
export const SCTP_PEER_ADDR_THLDS_V2 = option('SCTP_PEER_ADDR_THLDS_V2', 'SOL_SCTP', sctpPaddrthldsV2, { since: '5.5' })
/** `SCTP_PEER_AUTH_CHUNKS`: the types of chunks that the peer wants authenticated. RFC 6458 8.2.3 */
export const SCTP_PEER_AUTH_CHUNKS = option('SCTP_PEER_AUTH_CHUNKS', 'SOL_SCTP', sctpAuthchunks, { access: 'read' })
/** `SCTP_PLPMTUD_PROBE_INTERVAL`: milliseconds between probes of the MTU of the path to one address, or to all; 0: none. Default: the sysctl net.sctp.plpmtud_probe_interval, 0. RFC 8899 */
export const SCTP_PLPMTUD_PROBE_INTERVAL = option('SCTP_PLPMTUD_PROBE_INTERVAL', 'SOL_SCTP', sctpProbeinterval, {
  since: '5.14',
})
/** `SCTP_PRIMARY_ADDR`: the address of the peer that is sent to. RFC 6458 8.1.9 */
export const SCTP_PRIMARY_ADDR = option('SCTP_PRIMARY_ADDR', 'SOL_SCTP', sctpPrim)
/** `SCTP_PR_ASSOC_STATUS`: how many messages of an association were given up, by policy. RFC 7496 4.3 */
export const SCTP_PR_ASSOC_STATUS = option('SCTP_PR_ASSOC_STATUS', 'SOL_SCTP', sctpPrstatus, {
  access: 'read',
  since: '4.8',
})
/** `SCTP_PR_STREAM_STATUS`: how many messages of a stream were given up, by policy. RFC 7496 4.4 */
export const SCTP_PR_STREAM_STATUS = option('SCTP_PR_STREAM_STATUS', 'SOL_SCTP', sctpPrstatus, {
  access: 'read',
  since: '4.18',
})
/** `SCTP_PR_SUPPORTED`: messages may be given up (1) or not. Default: the sysctl net.sctp.prsctp_enable, 1. RFC 7496 */
export const SCTP_PR_SUPPORTED = option('SCTP_PR_SUPPORTED', 'SOL_SCTP', sctpAssocValue, { since: '4.8' })
/** `SCTP_RECONFIG_SUPPORTED`: streams may be reset (1) or not. Default: the sysctl net.sctp.reconf_enable, 0. RFC 6525 */
export const SCTP_RECONFIG_SUPPORTED = option('SCTP_RECONFIG_SUPPORTED', 'SOL_SCTP', sctpAssocValue, { since: '4.12' })
/** `SCTP_RECVNXTINFO`: with each message, tell of the next one. Default false. In `Datagram.ancillary`, in bytes. RFC 6458 8.1.30 */
export const SCTP_RECVNXTINFO = option('SCTP_RECVNXTINFO', 'SOL_SCTP', boolean, { since: '3.17' })
/** `SCTP_RECVRCVINFO`: tell the stream and other facts of each message. Default false. In `Datagram.ancillary`, in bytes. RFC 6458 8.1.29 */
export const SCTP_RECVRCVINFO = option('SCTP_RECVRCVINFO', 'SOL_SCTP', boolean, { since: '3.17' })
/** `SCTP_REMOTE_UDP_ENCAPS_PORT`: the UDP port of the peer, for SCTP in UDP. Default: the sysctl net.sctp.encap_port, 0. RFC 6951 6.1 */
export const SCTP_REMOTE_UDP_ENCAPS_PORT = option('SCTP_REMOTE_UDP_ENCAPS_PORT', 'SOL_SCTP', sctpUdpencaps, {
  since: '5.11',
})
/** `SCTP_RESET_ASSOC`: reset an association, by its id. RFC 6525 6.3.3 */
export const SCTP_RESET_ASSOC = option('SCTP_RESET_ASSOC', 'SOL_SCTP', int(), { access: 'write', since: '4.11' })
/** `SCTP_RESET_STREAMS`: reset streams: their numbers start anew. RFC 6525 6.3.2 */
export const SCTP_RESET_STREAMS = option('SCTP_RESET_STREAMS', 'SOL_SCTP', sctpResetStreams, {
  access: 'write',
  since: '4.11',
})
/** `SCTP_REUSE_PORT`: share the port. One-to-one sockets, before bind. Default false. RFC 6458 8.1.27 */
export const SCTP_REUSE_PORT = option('SCTP_REUSE_PORT', 'SOL_SCTP', boolean, { since: '4.19' })
/** `SCTP_RTOINFO`: the times between retransmissions. Default 3000, 60000 at most, 1000 at least: the sysctls net.sctp.rto_initial, rto_max and rto_min. RFC 6458 8.1.1 */
export const SCTP_RTOINFO = option('SCTP_RTOINFO', 'SOL_SCTP', sctpRtoinfo)
/** `SCTP_SET_PEER_PRIMARY_ADDR`: ask the peer to send to this address of ours. RFC 6458 8.3.1 */
export const SCTP_SET_PEER_PRIMARY_ADDR = option('SCTP_SET_PEER_PRIMARY_ADDR', 'SOL_SCTP', sctpPrim, {
  access: 'write',
})
/** `SCTP_STATUS`: the state of an association and of its primary path. RFC 6458 8.2.1 */
export const SCTP_STATUS = option('SCTP_STATUS', 'SOL_SCTP', sctpStatus, { access: 'read' })
/** `SCTP_STREAM_SCHEDULER`: how streams take turns: 0 first come, 1 by priority, 2 round robin; since 6.4 3 fair capacity, 4 weighted. Default 0. RFC 8260 4.3.2 */
export const SCTP_STREAM_SCHEDULER = option('SCTP_STREAM_SCHEDULER', 'SOL_SCTP', sctpAssocValue, { since: '4.15' })
/** `SCTP_STREAM_SCHEDULER_VALUE`: a stream's priority or weight, in the terms of its scheduler. RFC 8260 4.3.3 */
export const SCTP_STREAM_SCHEDULER_VALUE = option('SCTP_STREAM_SCHEDULER_VALUE', 'SOL_SCTP', sctpStreamValue, {
  access: 'write',
  since: '4.15',
})
