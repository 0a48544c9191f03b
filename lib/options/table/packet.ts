// The options of level SOL_PACKET.

import {
  boolean,
  fanout,
  fanoutProgram,
  int,
  packetHeaderLength,
  packetMreq,
  packetStatistics,
  packetVersion,
  rolloverStatistics,
  timestampSources,
} from '../codecs.ts'
import { option } from '../option.ts'

/** `PACKET_ADD_MEMBERSHIP`: a device takes in packets beyond its own: all (promiscuous), all multicast, a group or an address. packet(7) */
export const PACKET_ADD_MEMBERSHIP = option('PACKET_ADD_MEMBERSHIP', 'SOL_PACKET', packetMreq, {
  access: 'write',
  waits: true,
})
/** `PACKET_AUXDATA`: tell the lengths, the VLAN tag and more of each packet received. Default false. In `Datagram.vlan`, `Datagram.frameLength` and `Datagram.partialChecksum`. packet(7) */
export const PACKET_AUXDATA = option('PACKET_AUXDATA', 'SOL_PACKET', boolean)
/** `PACKET_COPY_THRESH`: packets longer than this that do not fit the ring are queued on the socket as well; 0: never. Default 0. net/packet/af_packet.c */
export const PACKET_COPY_THRESH = option('PACKET_COPY_THRESH', 'SOL_PACKET', int(0))
/** `PACKET_DROP_MEMBERSHIP`: undo a `PACKET_ADD_MEMBERSHIP`. packet(7) */
export const PACKET_DROP_MEMBERSHIP = option('PACKET_DROP_MEMBERSHIP', 'SOL_PACKET', packetMreq, {
  access: 'write',
  waits: true,
})
/** `PACKET_FANOUT`: join a group of sockets that share packets. A group can't be left. Reads 0 ('hash' of group 0) outside a group. packet(7) */
export const PACKET_FANOUT = option('PACKET_FANOUT', 'SOL_PACKET', fanout, {
  since: '3.1',
  meanings: {
    EINVAL: {
      reason: 'bad-value',
      advice: 'the socket must be bound to a protocol, and all of a group have one mode, protocol and interface',
    },
    EALREADY: { reason: 'bad-value', advice: 'the socket is in a group already' },
    ENOSPC: { reason: 'limit', advice: 'the group is full: the first socket settles its size, max_num_members' },
  },
})
/** `PACKET_FANOUT_DATA`: the program by which a group of mode cbpf or ebpf shares packets. net/packet/af_packet.c */
export const PACKET_FANOUT_DATA = option('PACKET_FANOUT_DATA', 'SOL_PACKET', fanoutProgram, {
  access: 'write',
  since: '4.3',
})
/** `PACKET_HDRLEN`: how long the header of a packet in a ring of this version is, in bytes; asked with the version. net/packet/af_packet.c */
export const PACKET_HDRLEN = option('PACKET_HDRLEN', 'SOL_PACKET', packetHeaderLength, { access: 'read' })
/** `PACKET_IGNORE_OUTGOING`: do not receive packets that this host sends. Default false. net/packet/af_packet.c */
export const PACKET_IGNORE_OUTGOING = option('PACKET_IGNORE_OUTGOING', 'SOL_PACKET', boolean, { since: '4.20' })
/** `PACKET_LOSS`: a malformed packet in the send ring is skipped. Default false. packet(7) */
export const PACKET_LOSS = option('PACKET_LOSS', 'SOL_PACKET', boolean)
/** `PACKET_ORIGDEV`: tell the device a packet came through, not the bond or bridge that the device belongs to. Default false. net/packet/af_packet.c */
export const PACKET_ORIGDEV = option('PACKET_ORIGDEV', 'SOL_PACKET', boolean)
/** `PACKET_QDISC_BYPASS`: send without the device's queues. Default false. packet(7) */
export const PACKET_QDISC_BYPASS = option('PACKET_QDISC_BYPASS', 'SOL_PACKET', boolean, { since: '3.14' })
/** `PACKET_RESERVE`: room ahead of each packet in a ring, in bytes. Default 0. packet(7) */
export const PACKET_RESERVE = option('PACKET_RESERVE', 'SOL_PACKET', int(0))
/** `PACKET_ROLLOVER_STATS`: how often a group of mode rollover gave a packet to another socket; EINVAL outside such a group. net/packet/af_packet.c */
export const PACKET_ROLLOVER_STATS = option('PACKET_ROLLOVER_STATS', 'SOL_PACKET', rolloverStatistics, {
  access: 'read',
  since: '4.2',
})
/** `PACKET_STATISTICS`: packets received and dropped since this was last read: reading starts the counts anew. freeze_q_cnt is there with version v3 only. packet(7) */
export const PACKET_STATISTICS = option('PACKET_STATISTICS', 'SOL_PACKET', packetStatistics, {
  access: 'read',
  consumes: true,
})
/** `PACKET_TIMESTAMP`: which clock the timestamps of a ring come from. Default none, software. packet(7) */
export const PACKET_TIMESTAMP = option('PACKET_TIMESTAMP', 'SOL_PACKET', timestampSources)
/** `PACKET_TX_HAS_OFF`: packets in the send ring say where they start. Default false. net/packet/af_packet.c */
export const PACKET_TX_HAS_OFF = option('PACKET_TX_HAS_OFF', 'SOL_PACKET', boolean, { since: '3.8' })
/** `PACKET_VERSION`: the version of a ring's headers. Default v1. packet(7) */
export const PACKET_VERSION = option('PACKET_VERSION', 'SOL_PACKET', packetVersion)
/** `PACKET_VNET_HDR`: each packet has a virtio_net header. Default false. In `Datagram.gso`. net/packet/af_packet.c */
export const PACKET_VNET_HDR = option('PACKET_VNET_HDR', 'SOL_PACKET', boolean)
/** `PACKET_VNET_HDR_SZ`: the size of the virtio_net header: 0 for none, 10 or 12 bytes. Default 0. net/packet/af_packet.c */
export const PACKET_VNET_HDR_SZ = option('PACKET_VNET_HDR_SZ', 'SOL_PACKET', int(0, 12, 'bytes'), { since: '6.4' })
