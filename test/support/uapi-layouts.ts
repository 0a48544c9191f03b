// For each struct that TypeScript lays out: a value, and the C that fills the struct with the same.
import { codecs } from 'sockctl'
import { expect } from 'vitest'
import type { AnyCodec } from './codec-rows.ts'

export interface StructLayout {
  /** The C type. */
  readonly struct: string
  // biome-ignore lint/suspicious/noExplicitAny: whichever codec, also of what is only read
  readonly codec: AnyCodec | codecs.Codec<any, never, any>
  readonly value: unknown
  /** C that fills the struct, which `p` points at. */
  readonly fill: string
  /** The length in C, if a list follows. */
  readonly size?: string
  /** False if only the kernel writes the struct: its bytes must read as the value. */
  readonly written?: false
}

export const PRELUDE = `
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/mroute.h>
#include <linux/mroute6.h>
#include <linux/can.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/sock_diag.h>
#include <linux/can/isotp.h>
#include <linux/can/j1939.h>
#include <linux/can/raw.h>
#include <linux/if_packet.h>
#include <linux/if_xdp.h>
#include <linux/mptcp.h>
#include <linux/sctp.h>
#include <linux/tcp.h>
#include <linux/tls.h>

// The text of Linux's UAPI, where the headers of this machine are older: Linux 6.7, 6.5, 6.9 and 5.11.
#ifndef TCP_AO_MAXKEYLEN
#define TCP_AO_MAXKEYLEN 80
struct tcp_ao_add {
  struct __kernel_sockaddr_storage addr;
  char alg_name[64];
  __s32 ifindex;
  __u32 set_current : 1, set_rnext : 1, reserved : 30;
  __u16 reserved2;
  __u8 prefix;
  __u8 sndid;
  __u8 rcvid;
  __u8 maclen;
  __u8 keyflags;
  __u8 keylen;
  __u8 key[TCP_AO_MAXKEYLEN];
} __attribute__((aligned(8)));
struct tcp_ao_del {
  struct __kernel_sockaddr_storage addr;
  __s32 ifindex;
  __u32 set_current : 1, set_rnext : 1, del_async : 1, reserved : 29;
  __u16 reserved2;
  __u8 prefix;
  __u8 sndid;
  __u8 rcvid;
  __u8 current_key;
  __u8 rnext;
  __u8 keyflags;
} __attribute__((aligned(8)));
struct tcp_ao_info_opt {
  __u32 set_current : 1, set_rnext : 1, ao_required : 1, set_counters : 1, accept_icmps : 1, reserved : 27;
  __u16 reserved2;
  __u8 current_key;
  __u8 rnext;
  __u64 pkt_good;
  __u64 pkt_bad;
  __u64 pkt_key_not_found;
  __u64 pkt_ao_required;
  __u64 pkt_dropped_icmp;
} __attribute__((aligned(8)));
struct tcp_ao_getsockopt {
  struct __kernel_sockaddr_storage addr;
  char alg_name[64];
  __u8 key[TCP_AO_MAXKEYLEN];
  __u32 nkeys;
  __u16 is_current : 1, is_rnext : 1, get_all : 1, reserved : 13;
  __u8 sndid;
  __u8 rcvid;
  __u8 prefix;
  __u8 maclen;
  __u8 keyflags;
  __u8 keylen;
  __s32 ifindex;
  __u64 pkt_good;
  __u64 pkt_bad;
} __attribute__((aligned(8)));
struct tcp_ao_repair {
  __be32 snt_isn;
  __be32 rcv_isn;
  __u32 snd_sne;
  __u32 rcv_sne;
} __attribute__((aligned(8)));
#endif
#ifndef MPTCP_FULL_INFO
struct mptcp_subflow_info {
  __u32 id;
  struct mptcp_subflow_addrs addrs;
};
struct mptcp_full_info {
  __u32 size_tcpinfo_kernel;
  __u32 size_tcpinfo_user;
  __u32 size_sfinfo_kernel;
  __u32 size_sfinfo_user;
  __u32 num_subflows;
  __u32 size_arrays_user;
  __aligned_u64 subflow_info;
  __aligned_u64 tcp_info;
  struct mptcp_info mptcp_info;
};
#endif
#ifndef CAN_RAW_XL_VCID_TX_SET
struct can_raw_vcid_options {
  __u8 flags;
  __u8 tx_vcid;
  __u8 rx_vcid;
  __u8 rx_vcid_mask;
};
#endif

#ifndef SO_DEVMEM_DONTNEED
struct dmabuf_token {
  __u32 token_start;
  __u32 token_count;
};
#endif
// Linux 6.18 has more than the headers may have, and the fields of theirs at the same places.
struct whole_mptcp_info {
  __u8 subflows, add_addr_signal, add_addr_accepted, subflows_max, add_addr_signal_max, add_addr_accepted_max;
  __u32 flags;
  __u32 token;
  __u64 write_seq;
  __u64 snd_una;
  __u64 rcv_nxt;
  __u8 local_addr_used;
  __u8 local_addr_max;
  __u8 csum_enabled;
  __u32 retransmits;
  __u64 bytes_retrans;
  __u64 bytes_sent;
  __u64 bytes_received;
  __u64 bytes_acked;
  __u8 subflows_total;
  __u8 endp_laminar_max;
  __u8 endp_fullmesh_max;
  __u8 reserved;
  __u32 last_data_sent;
  __u32 last_data_recv;
  __u32 last_ack_recv;
};
_Static_assert(offsetof(struct whole_mptcp_info, rcv_nxt) == offsetof(struct mptcp_info, mptcpi_rcv_nxt), "");
_Static_assert(offsetof(struct whole_mptcp_info, csum_enabled) == offsetof(struct mptcp_info, mptcpi_csum_enabled), "");

static void show(int index, const void *value, size_t size) {
  (void)index;
  for (size_t at = 0; at < size; ++at) printf("%02x", ((const unsigned char *)value)[at]);
  printf("\\n");
}
#define IN(text) ((struct in_addr){inet_addr(text)})
static struct sockaddr_in6 in6(const char *text) {
  struct sockaddr_in6 address;
  memset(&address, 0, sizeof address);
  address.sin6_family = AF_INET6;
  inet_pton(AF_INET6, text, &address.sin6_addr);
  return address;
}

// An answer of MPTCP_FULL_INFO: the head, room for more of struct mptcp_info, then the two arrays.
struct full_answer {
  union {
    struct mptcp_full_info head;
    char room[256];
  };
  struct mptcp_subflow_info subflows[32];
  char infos[32][320];
};
static void any(void *storage, const char *text, int port) {
  struct sockaddr_in *in4 = storage;
  struct sockaddr_in6 *in6 = storage;
  if (strchr(text, ':') != NULL) {
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(port);
    inet_pton(AF_INET6, text, &in6->sin6_addr);
  } else {
    in4->sin_family = AF_INET;
    in4->sin_port = htons(port);
    in4->sin_addr = IN(text);
  }
}
`

const bytes = (length: number, first = 1) => Buffer.from(Array.from({ length }, (_, index) => (first + index) & 0xff))
/** C that fills an array with numbers from a first on. */
const count = (array: string, first = 1) => `for (size_t i = 0; i < sizeof ${array}; ++i) ${array}[i] = ${first} + i;`

const CIPHERS = [
  ['aes-gcm-128', 'aes_gcm_128', 'AES_GCM_128', 8, 16, 4],
  ['aes-gcm-256', 'aes_gcm_256', 'AES_GCM_256', 8, 32, 4],
  ['aes-ccm-128', 'aes_ccm_128', 'AES_CCM_128', 8, 16, 4],
  ['chacha20-poly1305', 'chacha20_poly1305', 'CHACHA20_POLY1305', 12, 32, 0],
  ['sm4-gcm', 'sm4_gcm', 'SM4_GCM', 8, 16, 4],
  ['sm4-ccm', 'sm4_ccm', 'SM4_CCM', 8, 16, 4],
  ['aria-gcm-128', 'aria_gcm_128', 'ARIA_GCM_128', 8, 16, 4],
  ['aria-gcm-256', 'aria_gcm_256', 'ARIA_GCM_256', 8, 32, 4],
] as const

const TLS: StructLayout[] = CIPHERS.map(([cipher, struct, constant, iv, key, salt]) => ({
  struct: `struct tls12_crypto_info_${struct}`,
  codec: codecs.tlsCryptoInfo,
  value: {
    ...{ version: '1.3', cipher, iv: bytes(iv), key: bytes(key, 50) },
    ...{ salt: bytes(salt, 100), rec_seq: bytes(8, 150) },
  },
  fill: `p->info.version = TLS_1_3_VERSION; p->info.cipher_type = TLS_CIPHER_${constant}; ${count('p->iv')} ${count('p->key', 50)} ${count('p->salt', 100)} ${count('p->rec_seq', 150)}`,
}))

const PEER = { address: '192.0.2.9', port: 0x1234 }
const PEER6 = { address: '2001:db8::9', port: 0x1234 }
const AO_KEY = { address: '192.0.2.0', prefixLength: 24, interface: 77, sndid: 5, rcvid: 6 }

/** A struct of SCTP that begins with an association and an address. */
const sctp = (
  name: string,
  prefix: string,
  address: string,
  codec: AnyCodec,
  value: object,
  fill: string,
): StructLayout => ({
  struct: `struct ${name}`,
  codec,
  value: { assoc_id: -7, address: PEER6, ...value },
  fill: `p->${prefix}_assoc_id = -7; any(&p->${prefix}_${address}, "2001:db8::9", 0x1234); ${fill}`,
})

const SCTP: StructLayout[] = [
  sctp('sctp_prim', 'ssp', 'addr', codecs.sctpPrim, {}, ''),
  sctp('sctp_setpeerprim', 'sspp', 'addr', codecs.sctpPrim, {}, ''),
  sctp(
    'sctp_paddrparams',
    'spp',
    'address',
    codecs.sctpPaddrparams,
    {
      ...{ hbinterval: 1, pathmaxrxt: 2, pathmtu: 3, sackdelay: 4, flags: ['HB_ENABLE', 'PMTUD_DISABLE', 'DSCP'] },
      ...{ ipv6_flowlabel: 6, dscp: 7 },
    },
    'p->spp_hbinterval = 1; p->spp_pathmaxrxt = 2; p->spp_pathmtu = 3; p->spp_sackdelay = 4; p->spp_flags = SPP_HB_ENABLE | SPP_PMTUD_DISABLE | SPP_DSCP; p->spp_ipv6_flowlabel = 6; p->spp_dscp = 7;',
  ),
  sctp(
    'sctp_paddrinfo',
    'spinfo',
    'address',
    codecs.sctpPaddrinfo,
    { state: 'ACTIVE', cwnd: 1, srtt: 2, rto: 3, mtu: 4 },
    'p->spinfo_state = SCTP_ACTIVE; p->spinfo_cwnd = 1; p->spinfo_srtt = 2; p->spinfo_rto = 3; p->spinfo_mtu = 4;',
  ),
  sctp(
    'sctp_paddrthlds',
    'spt',
    'address',
    codecs.sctpPaddrthlds,
    { pathmaxrxt: 1, pathpfthld: 2 },
    'p->spt_pathmaxrxt = 1; p->spt_pathpfthld = 2;',
  ),
  sctp(
    'sctp_paddrthlds_v2',
    'spt',
    'address',
    codecs.sctpPaddrthldsV2,
    { pathmaxrxt: 1, pathpfthld: 2, pathcpthld: 3 },
    'p->spt_pathmaxrxt = 1; p->spt_pathpfthld = 2; p->spt_pathcpthld = 3;',
  ),
  sctp('sctp_udpencaps', 'sue', 'address', codecs.sctpUdpencaps, { port: 9899 }, 'p->sue_port = htons(9899);'),
  sctp('sctp_probeinterval', 'spi', 'address', codecs.sctpProbeinterval, { interval: 5000 }, 'p->spi_interval = 5000;'),
  {
    struct: 'struct sctp_status',
    codec: codecs.sctpStatus,
    value: {
      ...{ assoc_id: 7, state: 'ESTABLISHED', rwnd: 1, unackdata: 2, penddata: 3, instrms: 4, outstrms: 5 },
      fragmentation_point: 6,
      primary: {
        ...{ assoc_id: 7, address: { family: 'ipv4', ...PEER }, state: 'PF' },
        ...{ cwnd: 8, srtt: 9, rto: 10, mtu: 11 },
      },
    },
    written: false,
    fill: 'p->sstat_assoc_id = 7; p->sstat_state = SCTP_ESTABLISHED; p->sstat_rwnd = 1; p->sstat_unackdata = 2; p->sstat_penddata = 3; p->sstat_instrms = 4; p->sstat_outstrms = 5; p->sstat_fragmentation_point = 6; p->sstat_primary.spinfo_assoc_id = 7; any(&p->sstat_primary.spinfo_address, "192.0.2.9", 0x1234); p->sstat_primary.spinfo_state = SCTP_PF; p->sstat_primary.spinfo_cwnd = 8; p->sstat_primary.spinfo_srtt = 9; p->sstat_primary.spinfo_rto = 10; p->sstat_primary.spinfo_mtu = 11;',
  },
  {
    struct: 'struct sctp_assoc_stats',
    codec: codecs.sctpAssocStats,
    value: {
      ...{ assoc_id: 7, obs_rto_ipaddr: { family: 'ipv4', ...PEER }, maxrto: 1n, isacks: 2n, osacks: 3n, opackets: 4n },
      ...{ ipackets: 5n, rtxchunks: 6n, outofseqtsns: 7n, idupchunks: 8n, gapcnt: 9n, ouodchunks: 10n },
      ...{ iuodchunks: 11n, oodchunks: 12n, iodchunks: 13n, octrlchunks: 14n, ictrlchunks: 15n },
    },
    written: false,
    fill: 'p->sas_assoc_id = 7; any(&p->sas_obs_rto_ipaddr, "192.0.2.9", 0x1234); for (int i = 0; i < 15; ++i) (&p->sas_maxrto)[i] = i + 1;',
  },
  {
    struct: 'struct sctp_prstatus',
    codec: codecs.sctpPrstatus,
    value: { assoc_id: 7, sid: 1, policy: 0x10, abandoned_unsent: 2n, abandoned_sent: 3n },
    written: false,
    fill: 'p->sprstat_assoc_id = 7; p->sprstat_sid = 1; p->sprstat_policy = SCTP_PR_SCTP_TTL; p->sprstat_abandoned_unsent = 2; p->sprstat_abandoned_sent = 3;',
  },
  {
    struct: 'struct sctp_authkey',
    codec: codecs.sctpAuthkey,
    value: { assoc_id: 7, keynumber: 1, key: bytes(16) },
    fill: 'p->sca_assoc_id = 7; p->sca_keynumber = 1; p->sca_keylength = 16; for (int i = 0; i < 16; ++i) p->sca_key[i] = i + 1;',
    size: 'sizeof v + 16',
  },
  {
    struct: 'struct sctp_hmacalgo',
    codec: codecs.sctpHmacalgo,
    value: ['sha256', 'sha1'],
    fill: 'p->shmac_num_idents = 2; p->shmac_idents[0] = SCTP_AUTH_HMAC_ID_SHA256; p->shmac_idents[1] = SCTP_AUTH_HMAC_ID_SHA1;',
    size: 'sizeof v + 4',
  },
  {
    struct: 'struct sctp_authchunks',
    codec: codecs.sctpAuthchunks,
    value: [193, 128],
    written: false,
    fill: 'p->gauth_assoc_id = 7; p->gauth_number_of_chunks = 2; p->gauth_chunks[0] = 193; p->gauth_chunks[1] = 128;',
    size: 'sizeof v + 2',
  },
  {
    struct: 'struct sctp_assoc_ids',
    codec: codecs.sctpAssocIds,
    value: [5, 6],
    written: false,
    fill: 'p->gaids_number_of_ids = 2; p->gaids_assoc_id[0] = 5; p->gaids_assoc_id[1] = 6;',
    size: 'sizeof v + 8',
  },
  {
    struct: 'struct sctp_reset_streams',
    codec: codecs.sctpResetStreams,
    value: { assoc_id: 7, flags: ['outgoing'], streams: [3, 9] },
    fill: 'p->srs_assoc_id = 7; p->srs_flags = SCTP_STREAM_RESET_OUTGOING; p->srs_number_streams = 2; p->srs_stream_list[0] = 3; p->srs_stream_list[1] = 9;',
    size: 'sizeof v + 4',
  },
]

const AO: StructLayout[] = [
  {
    struct: 'struct tcp_ao_add',
    codec: codecs.tcpAoAdd,
    value: {
      ...{ ...AO_KEY, algorithm: 'hmac(sha1)', key: bytes(20), maclen: 12 },
      ...{ exclude_options: true, set_current: true, set_rnext: true },
    },
    fill: 'any(&p->addr, "192.0.2.0", 0); p->prefix = 24; p->ifindex = 77; p->sndid = 5; p->rcvid = 6; strcpy(p->alg_name, "hmac(sha1)"); p->keylen = 20; for (int i = 0; i < 20; ++i) p->key[i] = i + 1; p->maclen = 12; p->keyflags = 3; p->set_current = 1; p->set_rnext = 1;',
  },
  {
    struct: 'struct tcp_ao_del',
    codec: codecs.tcpAoDel,
    value: { address: '2001:db8::9', sndid: 5, rcvid: 6, rnext: 8, del_async: true },
    fill: 'any(&p->addr, "2001:db8::9", 0); p->prefix = 128; p->sndid = 5; p->rcvid = 6; p->set_rnext = 1; p->rnext = 8; p->del_async = 1;',
  },
  {
    struct: 'struct tcp_ao_info_opt',
    codec: codecs.tcpAoInfo,
    value: { current_key: 3, ao_required: true, accept_icmps: true, pkt_good: 1n, pkt_dropped_icmp: 5n },
    fill: 'p->set_current = 1; p->current_key = 3; p->ao_required = 1; p->accept_icmps = 1; p->set_counters = 1; p->pkt_good = 1; p->pkt_dropped_icmp = 5;',
  },
  {
    struct: 'struct tcp_ao_getsockopt',
    codec: codecs.tcpAoKeys,
    value: [
      {
        ...{ address: { family: 'ipv4', address: '192.0.2.0', port: 0 }, prefixLength: 24, interface: 77 },
        ...{ algorithm: 'hmac(sha1)', key: bytes(20), sndid: 5, rcvid: 6, maclen: 12, exclude_options: true },
        ...{ is_current: true, is_rnext: false, pkt_good: 3n, pkt_bad: 4n },
      },
      {
        ...{ address: { family: 'ipv6', address: '2001:db8::9', port: 0 }, prefixLength: 128, interface: 0 },
        ...{ algorithm: 'cmac(aes128)', key: bytes(0), sndid: 7, rcvid: 8, maclen: 0, exclude_options: false },
        ...{ is_current: false, is_rnext: true, pkt_good: 0n, pkt_bad: 0n },
      },
    ],
    written: false,
    fill: 'any(&p->addr, "192.0.2.0", 0); p->prefix = 24; p->ifindex = 77; strcpy(p->alg_name, "hmac(sha1)"); p->keylen = 20; for (int i = 0; i < 20; ++i) p->key[i] = i + 1; p->sndid = 5; p->rcvid = 6; p->maclen = 12; p->keyflags = 2; p->is_current = 1; p->pkt_good = 3; p->pkt_bad = 4; p->nkeys = 2; ++p; any(&p->addr, "2001:db8::9", 0); p->prefix = 128; strcpy(p->alg_name, "cmac(aes128)"); p->sndid = 7; p->rcvid = 8; p->is_rnext = 1;',
    size: '2 * sizeof v',
  },
  {
    struct: 'struct tcp_ao_repair',
    codec: codecs.tcpAoRepair,
    value: { snt_isn: 0x01020304, rcv_isn: 5, snd_sne: 6, rcv_sne: 7 },
    fill: 'p->snt_isn = htonl(0x01020304); p->rcv_isn = htonl(5); p->snd_sne = 6; p->rcv_sne = 7;',
  },
]

const CAN: StructLayout[] = [
  {
    struct: 'struct can_filter',
    codec: codecs.canFilters,
    value: [
      { can_id: 0x123, can_mask: 0x7ff },
      { can_id: 0x20000456, can_mask: 0xdfffffff },
    ],
    fill: 'p[0].can_id = 0x123; p[0].can_mask = CAN_SFF_MASK; p[1].can_id = 0x456 | CAN_INV_FILTER; p[1].can_mask = 0xdfffffff;',
    size: '2 * sizeof v',
  },
  {
    struct: 'struct can_raw_vcid_options',
    codec: codecs.canVcidOptions,
    value: { flags: ['TX_SET', 'RX_FILTER'], tx_vcid: 1, rx_vcid: 2, rx_vcid_mask: 3 },
    fill: 'p->flags = 5; p->tx_vcid = 1; p->rx_vcid = 2; p->rx_vcid_mask = 3;',
  },
  {
    struct: 'struct can_isotp_options',
    codec: codecs.isotpOptions,
    value: {
      ...{ flags: ['EXTEND_ADDR', 'CF_BROADCAST'], frame_txtime: 50_000, ext_address: 1 },
      ...{ txpad_content: 2, rxpad_content: 3, rx_ext_address: 4 },
    },
    fill: 'p->flags = CAN_ISOTP_EXTEND_ADDR | CAN_ISOTP_CF_BROADCAST; p->frame_txtime = 50000; p->ext_address = 1; p->txpad_content = 2; p->rxpad_content = 3; p->rx_ext_address = 4;',
  },
  {
    struct: 'struct can_isotp_fc_options',
    codec: codecs.isotpFlowControl,
    value: { bs: 1, stmin: 2, wftmax: 3 },
    fill: 'p->bs = 1; p->stmin = 2; p->wftmax = 3;',
  },
  {
    struct: 'struct can_isotp_ll_options',
    codec: codecs.isotpLinkLayer,
    value: { mtu: 72, tx_dl: 64, tx_flags: 1 },
    fill: 'p->mtu = CANFD_MTU; p->tx_dl = 64; p->tx_flags = CANFD_BRS;',
  },
  {
    struct: 'struct j1939_filter',
    codec: codecs.j1939Filters,
    value: [{ name: 1n, name_mask: 2n, pgn: 3, pgn_mask: 4, addr: 5, addr_mask: 6 }, { addr: 7 }],
    fill: 'p->name = 1; p->name_mask = 2; p->pgn = 3; p->pgn_mask = 4; p->addr = 5; p->addr_mask = 6; p[1].addr = 7;',
    size: '2 * sizeof v',
  },
]

const OTHERS: StructLayout[] = [
  {
    struct: 'struct xdp_statistics',
    codec: codecs.xdpStatistics,
    value: {
      ...{ rx_dropped: 1n, rx_invalid_descs: 2n, tx_invalid_descs: 3n },
      ...{ rx_ring_full: 4n, rx_fill_ring_empty_descs: 5n, tx_ring_empty_descs: 6n },
    },
    written: false,
    fill: 'p->rx_dropped = 1; p->rx_invalid_descs = 2; p->tx_invalid_descs = 3; p->rx_ring_full = 4; p->rx_fill_ring_empty_descs = 5; p->tx_ring_empty_descs = 6;',
  },
  {
    struct: 'struct xdp_options',
    codec: codecs.xdpOptions,
    value: { flags: ['zerocopy'] },
    written: false,
    fill: 'p->flags = XDP_OPTIONS_ZEROCOPY;',
  },
  {
    struct: 'struct fanout_args',
    codec: codecs.fanout,
    value: { id: 0x1234, mode: 'cpu', flags: ['rollover'], max_num_members: 1000 },
    fill: 'p->id = 0x1234; p->type_flags = PACKET_FANOUT_CPU | PACKET_FANOUT_FLAG_ROLLOVER; p->max_num_members = 1000;',
  },
  {
    struct: 'struct full_answer',
    codec: codecs.mptcpFullInfo,
    value: {
      mptcp_info: expect.objectContaining({ subflows: 1, token: 0x01020304, rcv_nxt: 9n }),
      num_subflows: 2,
      subflows: [
        {
          ...{ id: 1, local: { family: 'ipv4', ...PEER }, remote: { family: 'ipv6', ...PEER6 } },
          tcp_info: expect.objectContaining({ state: 'ESTABLISHED', rto: 5 }),
        },
        {
          ...{ id: 2, local: { family: 'ipv4', ...PEER }, remote: { family: 'ipv4', ...PEER } },
          tcp_info: expect.objectContaining({ state: 'LISTEN', rto: 0 }),
        },
      ],
    },
    written: false,
    fill: 'p->head.num_subflows = 2; p->head.size_arrays_user = 32; p->head.size_sfinfo_user = sizeof p->subflows[0]; p->head.size_sfinfo_kernel = sizeof p->subflows[0]; p->head.size_tcpinfo_user = 320; p->head.size_tcpinfo_kernel = sizeof(struct tcp_info); p->head.mptcp_info.mptcpi_subflows = 1; p->head.mptcp_info.mptcpi_token = 0x01020304; p->head.mptcp_info.mptcpi_rcv_nxt = 9; p->subflows[0].id = 1; any(&p->subflows[0].addrs.ss_local, "192.0.2.9", 0x1234); any(&p->subflows[0].addrs.ss_remote, "2001:db8::9", 0x1234); p->subflows[1].id = 2; any(&p->subflows[1].addrs.ss_local, "192.0.2.9", 0x1234); any(&p->subflows[1].addrs.ss_remote, "192.0.2.9", 0x1234); ((struct tcp_info *)p->infos[0])->tcpi_state = 1; ((struct tcp_info *)p->infos[0])->tcpi_rto = 5; ((struct tcp_info *)p->infos[1])->tcpi_state = 10;',
  },
]

const ROUTING: readonly StructLayout[] = [
  {
    struct: 'struct vifctl',
    codec: codecs.vifctl,
    value: { vifi: 7, interface: 77, threshold: 5, rate_limit: 0x01020304 },
    fill: 'p->vifc_vifi = 7; p->vifc_flags = VIFF_USE_IFINDEX; p->vifc_threshold = 5; p->vifc_rate_limit = 0x01020304; p->vifc_lcl_ifindex = 77;',
  },
  {
    struct: 'struct vifctl',
    codec: codecs.vifctl,
    value: { vifi: 31, interface: '192.0.2.1', remote: '192.0.2.9' },
    fill: 'p->vifc_vifi = 31; p->vifc_flags = VIFF_TUNNEL; p->vifc_threshold = 1; p->vifc_lcl_addr = IN("192.0.2.1"); p->vifc_rmt_addr = IN("192.0.2.9");',
  },
  {
    struct: 'struct vifctl',
    codec: codecs.vifctl,
    value: { vifi: 1, register: true },
    fill: 'p->vifc_vifi = 1; p->vifc_flags = VIFF_REGISTER; p->vifc_threshold = 1;',
  },
  {
    struct: 'struct mfcctl',
    codec: codecs.mfcctl,
    value: { source: '192.0.2.1', group: '239.1.2.3', parent: 9, ttls: [0, 1, 5, 255] },
    fill: 'p->mfcc_origin = IN("192.0.2.1"); p->mfcc_mcastgrp = IN("239.1.2.3"); p->mfcc_parent = 9; p->mfcc_ttls[1] = 1; p->mfcc_ttls[2] = 5; p->mfcc_ttls[3] = 255;',
  },
  {
    struct: 'struct mif6ctl',
    codec: codecs.mif6ctl,
    value: { mifi: 7, interface: 0x1234, register: true, threshold: 5, rate_limit: 0x01020304 },
    fill: 'p->mif6c_mifi = 7; p->mif6c_flags = MIFF_REGISTER; p->vifc_threshold = 5; p->mif6c_pifi = 0x1234; p->vifc_rate_limit = 0x01020304;',
  },
  {
    struct: 'struct mf6cctl',
    codec: codecs.mf6cctl,
    value: { source: '2001:db8::1', group: 'ff1e::77', parent: 9, ifset: [0, 5, 31] },
    fill: 'p->mf6cc_origin = in6("2001:db8::1"); p->mf6cc_mcastgrp = in6("ff1e::77"); p->mf6cc_parent = 9; IF_SET(0, &p->mf6cc_ifset); IF_SET(5, &p->mf6cc_ifset); IF_SET(31, &p->mf6cc_ifset);',
  },
]

/** A struct of numbers alone: its fields in C, each numbered by its place, and their names without the prefix. */
const flat = (
  struct: string,
  codec: StructLayout['codec'],
  fields: readonly (readonly [c: string, name: string])[],
  big: readonly string[] = [],
): StructLayout => ({
  struct,
  codec,
  value: Object.fromEntries(
    fields.map(([, name], index) => [name, big.includes(name) ? BigInt(index + 1) : index + 1]),
  ),
  fill: fields.map(([c], index) => `p->${c} = ${index + 1};`).join(' '),
})
const prefixed = (prefix: string, ...names: readonly string[]) =>
  names.map((name) => [`${prefix}${name}`, name] as const)

const SCTP_EVENTS = [
  ...['data_io', 'association', 'address', 'send_failure', 'peer_error', 'shutdown', 'partial_delivery'],
  ...[
    'adaptation_layer',
    'authentication',
    'sender_dry',
    'stream_reset',
    'assoc_reset',
    'stream_change',
    'send_failure_event',
  ],
]
const MPTCP_FIELDS = [
  ...[
    'subflows',
    'add_addr_signal',
    'add_addr_accepted',
    'subflows_max',
    'add_addr_signal_max',
    'add_addr_accepted_max',
  ],
  ...['flags', 'token', 'write_seq', 'snd_una', 'rcv_nxt', 'local_addr_used', 'local_addr_max', 'csum_enabled'],
  ...['retransmits', 'bytes_retrans', 'bytes_sent', 'bytes_received', 'bytes_acked', 'subflows_total'],
  ...['endp_laminar_max', 'endp_fullmesh_max', 'last_data_sent', 'last_data_recv', 'last_ack_recv'],
]
const MPTCP_BIG = ['write_seq', 'snd_una', 'rcv_nxt', 'bytes_retrans', 'bytes_sent', 'bytes_received', 'bytes_acked']
const MEMINFO = [
  'rmem_alloc',
  'rcvbuf',
  'wmem_alloc',
  'sndbuf',
  'fwd_alloc',
  'wmem_queued',
  'optmem',
  'backlog',
  'drops',
]

const FLAT: readonly StructLayout[] = [
  flat(
    'struct sctp_initmsg',
    codecs.sctpInitmsg,
    prefixed('sinit_', 'num_ostreams', 'max_instreams', 'max_attempts', 'max_init_timeo'),
  ),
  flat('struct sctp_rtoinfo', codecs.sctpRtoinfo, prefixed('srto_', 'assoc_id', 'initial', 'max', 'min')),
  flat(
    'struct sctp_assocparams',
    codecs.sctpAssocparams,
    prefixed(
      'sasoc_',
      ...['assoc_id', 'asocmaxrxt', 'number_peer_destinations', 'peer_rwnd', 'local_rwnd', 'cookie_life'],
    ),
  ),
  flat('struct sctp_assoc_value', codecs.sctpAssocValue, [
    ['assoc_id', 'assoc_id'],
    ['assoc_value', 'value'],
  ]),
  flat('struct sctp_sack_info', codecs.sctpSackInfo, prefixed('sack_', 'assoc_id', 'delay', 'freq')),
  flat('struct sctp_stream_value', codecs.sctpStreamValue, [
    ['assoc_id', 'assoc_id'],
    ['stream_id', 'stream_id'],
    ['stream_value', 'value'],
  ]),
  flat('struct sctp_event', codecs.sctpEvent, prefixed('se_', 'assoc_id', 'type', 'on')),
  flat('struct sctp_sndinfo', codecs.sctpSndinfo, prefixed('snd_', 'sid', 'flags', 'ppid', 'context', 'assoc_id')),
  flat('struct sctp_default_prinfo', codecs.sctpDefaultPrinfo, prefixed('pr_', 'assoc_id', 'value', 'policy')),
  flat('struct sctp_authkeyid', codecs.sctpAuthkeyid, prefixed('scact_', 'assoc_id', 'keynumber')),
  flat('struct sctp_add_streams', codecs.sctpAddStreams, prefixed('sas_', 'assoc_id', 'instrms', 'outstrms')),
  flat(
    'struct sctp_event_subscribe',
    codecs.sctpEventSubscribe,
    SCTP_EVENTS.map((name) => [`sctp_${name}_event`, name] as const),
  ),
  flat('struct tpacket_stats_v3', codecs.packetStatistics, [
    ['tp_packets', 'packets'],
    ['tp_drops', 'drops'],
    ['tp_freeze_q_cnt', 'freeze_q_cnt'],
  ]),
  flat('struct tpacket_rollover_stats', codecs.rolloverStatistics, prefixed('tp_', 'all', 'huge', 'failed'), [
    ...['all', 'huge', 'failed'],
  ]),
  flat('struct whole_mptcp_info', codecs.mptcpInfo, prefixed('', ...MPTCP_FIELDS), MPTCP_BIG),
  {
    struct: '__u32',
    codec: codecs.skMeminfo,
    value: Object.fromEntries(MEMINFO.map((name, index) => [name, index + 1])),
    fill: MEMINFO.map((name, index) => `p[SK_MEMINFO_${name.toUpperCase()}] = ${index + 1};`).join(' '),
    size: 'SK_MEMINFO_VARS * sizeof v',
  },
  {
    struct: 'struct dmabuf_token',
    codec: codecs.devmemTokens,
    value: [
      { token: 1, count: 2 },
      { token: 3, count: 4 },
    ],
    fill: 'p[0].token_start = 1; p[0].token_count = 2; p[1].token_start = 3; p[1].token_count = 4;',
    size: '2 * sizeof v',
  },
  {
    struct: 'struct tcp_repair_opt',
    codec: codecs.tcpRepairOptions,
    value: [
      { option: 'mss', value: 1460 },
      { option: 'timestamp', value: 0 },
    ],
    fill: 'p[0].opt_code = 2; p[0].opt_val = 1460; p[1].opt_code = 8;',
    size: '2 * sizeof v',
  },
  {
    struct: 'struct icmp_filter',
    codec: codecs.icmpFilter,
    value: { block: [0, 8, 31] },
    fill: 'p->data = 1u << 0 | 1u << 8 | 1u << 31;',
  },
  {
    struct: 'struct icmp6_filter',
    codec: codecs.icmpv6Filter,
    value: { block: [1, 130, 255] },
    fill: 'p->data[0] = 1u << 1; p->data[4] = 1u << 2; p->data[7] = 1u << 31;',
  },
  {
    struct: '__u16',
    codec: codecs.tlsPayloadLength,
    value: 0x1234,
    fill: '*p = 0x1234;',
  },
]

export const LAYOUTS: readonly StructLayout[] = [...ROUTING, ...TLS, ...SCTP, ...AO, ...CAN, ...OTHERS, ...FLAT]
