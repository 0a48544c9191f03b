// Codecs of options that only macOS has.

import { structOf } from './layout.ts'
import { bitFields, numberAs } from './member.ts'
import { enumeration, flags } from './names.ts'

/** What traffic of a socket is for, from the least urgent on: `NET_SERVICE_TYPE_...`. */
export const netServiceType = enumeration({
  BE: 0,
  BK: 1,
  SIG: 2,
  VI: 3,
  VO: 4,
  RV: 5,
  AV: 6,
  OAM: 7,
  RD: 8,
})

/** `struct tcp_connection_info` without its `tcpi_`; times are milliseconds. native/codec/codecs_darwin.cc holds the offsets. */
export const tcpConnectionInfo = structOf({
  state: 'u8',
  snd_wscale: 'u8',
  rcv_wscale: 'u8',
  pad: 'u8',
  options: numberAs('u32', flags({ TIMESTAMPS: 1, SACK: 2, WSCALE: 4, ECN: 8 })),
  flags: numberAs('u32', flags({ LOSSRECOVERY: 1, REORDERING_DETECTED: 2 })),
  rto: 'u32',
  maxseg: 'u32',
  snd_ssthresh: 'u32',
  snd_cwnd: 'u32',
  snd_wnd: 'u32',
  snd_sbbytes: 'u32',
  rcv_wnd: 'u32',
  rttcur: 'u32',
  srtt: 'u32',
  rttvar: 'u32',
  tfo: bitFields(
    'u32',
    'cookie_req',
    'cookie_rcv',
    'syn_loss',
    'syn_data_sent',
    'syn_data_acked',
    'syn_data_rcv',
    'cookie_req_rcv',
    'cookie_sent',
    'cookie_invalid',
    'cookie_wrong',
    'no_cookie_rcv',
    'heuristics_disable',
    'send_blackhole',
    'recv_blackhole',
    'onebyte_proxy',
  ),
  txpackets: 'u64',
  txbytes: 'u64',
  txretransmitbytes: 'u64',
  rxpackets: 'u64',
  rxbytes: 'u64',
  rxoutoforderbytes: 'u64',
  txretransmitpackets: 'u64',
})
