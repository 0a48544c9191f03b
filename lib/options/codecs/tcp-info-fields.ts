// The fields of struct tcp_info, with their units.

import type { TcpCongestionState, TcpFastOpenFailure, TcpOption, TcpState } from './tcp-info-names.ts'

/**
 * `struct tcp_info` without its `tcpi_`, in the kernel's order. Fields that an older kernel does not tell are not there.
 *
 * <linux/tcp.h>, tcp(7)
 */
export interface TcpInfo {
  /** The state of the connection; a number if this library has no name for it. */
  state: TcpState | number
  /** The state of congestion control; a number if this library has no name for it. */
  ca_state: TcpCongestionState | number
  /** How often the oldest unacknowledged segment was sent again in a row, by timeout. */
  retransmits: number
  /** Unanswered probes in a row, of a closed window or of keep-alive. */
  probes: number
  /** How often the timeout was doubled in a row. */
  backoff: number
  /** What the handshake agreed on. */
  options: readonly TcpOption[]
  /** The window scale of the peer, a power of two: 0 to 14. */
  snd_wscale: number
  /** The window scale of this host, a power of two: 0 to 14. */
  rcv_wscale: number
  /** Whether `delivery_rate` was limited by the program, not by the network. */
  delivery_rate_app_limited: boolean
  /** Why TCP Fast Open failed on the client's side. */
  fastopen_client_fail: TcpFastOpenFailure
  /** The retransmission timeout, in microseconds. */
  rto: number
  /** The timeout of delayed acknowledgements, in microseconds. */
  ato: number
  /** The size of segments sent, in bytes. */
  snd_mss: number
  /** The size of segments received, in bytes, as estimated. */
  rcv_mss: number
  /** Segments sent and not acknowledged; of a listening socket, the connections that wait for accept. */
  unacked: number
  /** Segments acknowledged selectively; of a listening socket, the limit of connections that wait. */
  sacked: number
  /** Segments taken for lost. */
  lost: number
  /** Segments sent again and not acknowledged yet. */
  retrans: number
  /** Always 0 since Linux 4.15. */
  fackets: number
  /** Since data were sent last, in milliseconds. */
  last_data_sent: number
  /** Always 0: Linux does not remember. */
  last_ack_sent: number
  /** Since data were received last, in milliseconds. */
  last_data_recv: number
  /** Since an acknowledgement was received last, in milliseconds. */
  last_ack_recv: number
  /** The path MTU, in bytes. */
  pmtu: number
  /** The most that the receive window may be now, in bytes. */
  rcv_ssthresh: number
  /** The smoothed round-trip time, in microseconds. */
  rtt: number
  /** The mean deviation of the round-trip time, in microseconds. */
  rttvar: number
  /** The slow start threshold, in segments. */
  snd_ssthresh: number
  /** The congestion window, in segments. */
  snd_cwnd: number
  /** The segment size that this host announced, in bytes. */
  advmss: number
  /** How far segments may be out of order before one is taken for lost, in segments. */
  reordering: number
  /** The round-trip time as the receiver estimates it, in microseconds. */
  rcv_rtt: number
  /** The room that the receive buffer is tuned to, in bytes. */
  rcv_space: number
  /** Segments sent again, since the connection began. */
  total_retrans: number
  /** The pacing rate, in bytes a second. */
  pacing_rate: bigint
  /** The limit of the pacing rate, in bytes a second: `SO_MAX_PACING_RATE`. */
  max_pacing_rate: bigint
  /** Bytes acknowledged by the peer. RFC 4898 tcpEStatsAppHCThruOctetsAcked */
  bytes_acked: bigint
  /** Bytes received in order. RFC 4898 tcpEStatsAppHCThruOctetsReceived */
  bytes_received: bigint
  /** Segments sent. RFC 4898 tcpEStatsPerfSegsOut */
  segs_out: number
  /** Segments received. RFC 4898 tcpEStatsPerfSegsIn */
  segs_in: number
  /** Bytes that wait in the send buffer and were never sent. */
  notsent_bytes: number
  /** The lowest round-trip time of late, in microseconds. */
  min_rtt: number
  /** Segments with data received. RFC 4898 tcpEStatsDataSegsIn */
  data_segs_in: number
  /** Segments with data sent. RFC 4898 tcpEStatsDataSegsOut */
  data_segs_out: number
  /** The most recent rate of delivery, in bytes a second. */
  delivery_rate: bigint
  /** Time with data to send or to be acknowledged, in microseconds. */
  busy_time: bigint
  /** Time limited by the receive window of the peer, in microseconds. */
  rwnd_limited: bigint
  /** Time limited by the send buffer, in microseconds. */
  sndbuf_limited: bigint
  /** Segments delivered, those sent again included. */
  delivered: number
  /** Of `delivered`, those that arrived with a mark of congestion (ECN). */
  delivered_ce: number
  /** Bytes sent, those sent again included. RFC 4898 tcpEStatsPerfHCDataOctetsOut */
  bytes_sent: bigint
  /** Bytes sent again. RFC 4898 tcpEStatsPerfOctetsRetrans */
  bytes_retrans: bigint
  /** Segments that the peer said arrived twice. RFC 4898 tcpEStatsStackDSACKDups */
  dsack_dups: number
  /** How often segments were seen to arrive out of order. */
  reord_seen: number
  /** Segments received out of order. */
  rcv_ooopack: number
  /** The receive window of the peer, in bytes, scaled. */
  snd_wnd: number
  /** The receive window of this host, in bytes, scaled. */
  rcv_wnd: number
  /** How often the path was changed by another hash, after a timeout or duplicates. */
  rehash: number
  /** Retransmission timeouts since the connection began, those of SYN included. */
  total_rto: number
  /** Times that the connection recovered from timeouts. */
  total_rto_recoveries: number
  /** Time spent in recovery from timeouts, in milliseconds. */
  total_rto_time: number
  /** Segments received with a mark of congestion. Accurate ECN */
  received_ce: number
  /** Bytes delivered as ECT(1). Accurate ECN */
  delivered_e1_bytes: number
  /** Bytes delivered as ECT(0). Accurate ECN */
  delivered_e0_bytes: number
  /** Bytes delivered with a mark of congestion. Accurate ECN */
  delivered_ce_bytes: number
  /** Bytes received as ECT(1). Accurate ECN */
  received_e1_bytes: number
  /** Bytes received as ECT(0). Accurate ECN */
  received_e0_bytes: number
  /** Bytes received with a mark of congestion. Accurate ECN */
  received_ce_bytes: number
  /** Accurate ECN: 6.18 and 6.19 tell its failure mode and whether its option was seen in 16 bits each; later kernels pack them with the ECN mode. As the kernel has it. */
  ecn: number
}
