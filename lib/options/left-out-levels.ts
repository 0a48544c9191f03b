// Levels of Linux that the table leaves out as a whole, and why. The build writes them for the command line; no program loads them.

/** A level, or what stands for one, without an option in the table. */
export interface LevelLeftOut {
  /** Its C names. */
  readonly levels: readonly string[]
  /** A pattern for the names of its options. */
  readonly options: string
  /** What its options are for. */
  readonly what: string
  /** Why the table has none of them. */
  readonly why: string
}

const RULES = 'they hold tables of rules with pointers, which nft(8), iptables(8) and their kin load as a whole'
const UNOPENED = 'this library opens no socket of that family, and Node has none'
const GONE = 'taken out of Linux'

const level = (levels: string, options: string, what: string, why: string): LevelLeftOut => ({
  levels: levels.split(' '),
  options: `^(${options})$`,
  what,
  why,
})

/** The levels that the table leaves out. */
export const leftOutLevels: readonly LevelLeftOut[] = [
  level(
    'IPPROTO_IP IPPROTO_IPV6',
    '(IPT|IP6T|ARPT|EBT)_(BASE_CTL|SO_\\w+)',
    'the tables of netfilter: iptables, ip6tables, arptables and ebtables',
    RULES,
  ),
  level('IPPROTO_IP', 'SO_IP_SET|IP_SET_\\w+', 'the sets of addresses of netfilter', 'ipset(8) sets them by netlink'),
  level(
    'IPPROTO_IP',
    'IP_VS_(BASE_CTL|SO_\\w+)',
    'the virtual servers of IPVS',
    'ipvsadm(8) sets them, by netlink since Linux 2.6.28',
  ),
  level(
    'SOL_BLUETOOTH SOL_HCI SOL_L2CAP SOL_SCO SOL_RFCOMM',
    '(BT|HCI|L2CAP|SCO|RFCOMM)_\\w+',
    'Bluetooth',
    `${UNOPENED}; its headers are BlueZ's`,
  ),
  level(
    'SOL_ALG',
    'ALG_(SET|OP)_\\w+',
    'the cryptography of the kernel for programs',
    `${UNOPENED}: node:crypto does the same`,
  ),
  level('SOL_TIPC', 'TIPC_\\w+', 'TIPC, messages between processes of a cluster', UNOPENED),
  level('SOL_RDS', 'RDS_\\w+|SO_RDS_\\w+', 'RDS, reliable datagrams between databases', UNOPENED),
  level('SOL_RXRPC', 'RXRPC_\\w+', 'RxRPC, the calls of AFS', UNOPENED),
  level(
    'SOL_KCM',
    'KCM_\\w+',
    'KCM, messages over TCP',
    `${UNOPENED}; such sockets are attached to each other by ioctl`,
  ),
  level('SOL_SMC', 'SMC_\\w+', 'SMC, TCP over shared memory', UNOPENED),
  level('SOL_LLC', 'LLC_OPT_\\w+', 'LLC, the logical link control of IEEE 802.2', UNOPENED),
  level('SOL_PPPOL2TP', 'PPPOL2TP_SO_\\w+', 'PPP over L2TP', UNOPENED),
  level('SOL_X25', 'X25_\\w+', 'X.25', UNOPENED),
  level('SOL_NFC', 'NFC_LLCP_\\w+', 'near field communication', UNOPENED),
  level('SOL_CAIF', 'CAIFSO_\\w+', 'CAIF, modems of ST-Ericsson', `${GONE} in 7.1`),
  level('SOL_MCTP', 'MCTP_OPT_\\w+', 'MCTP, the parts of a server that manage it', UNOPENED),
  level('SOL_PNPIPE', 'PNPIPE_\\w+', 'Phonet, modems of Nokia', UNOPENED),
  level('SOL_IUCV', 'SO_IPRMDATA_MSG|SO_MSGLIMIT|SO_MSGSIZE', 'IUCV, between virtual machines of IBM Z', UNOPENED),
  level('SOL_IEEE802154', 'WPAN_\\w+', 'IEEE 802.15.4, low-power radio', UNOPENED),
  level('SOL_ATM SOL_AAL', 'SO_(SETCLP|CIRANGE|ATMQOS|ATMSAP|ATMPVC|MULTIPOINT)', 'ATM', UNOPENED),
  level('SOL_ATALK', 'ATALK_\\w+', 'AppleTalk', `${UNOPENED}; it has no options`),
  level('SOL_AX25', 'AX25_\\w+', 'AX.25, amateur radio', `${GONE} in 7.1`),
  level('SOL_NETROM', 'NETROM_\\w+', 'NET/ROM, amateur radio', `${GONE} in 7.1`),
  level('SOL_ROSE', 'ROSE_\\w+', 'ROSE, amateur radio', `${GONE} in 7.1`),
  level(
    'SOL_CAN_BASE',
    'CAN_(BCM|TP16|TP20|MCNET)_\\w+',
    'CAN beside SOL_CAN_RAW, SOL_CAN_ISOTP and SOL_CAN_J1939',
    'its other protocols have no options',
  ),
  level(
    'SOL_VSOCK',
    'SCM_VSOCK_\\w+',
    'the control messages of vsock',
    'its options have the level AF_VSOCK, and are in the table',
  ),
  level('IPPROTO_IP', 'BPFILTER_IPT_SO_\\w+', 'bpfilter, iptables by BPF', `${GONE} in 6.9`),
  level('SOL_IPX', 'IPX_\\w+', 'IPX', `${GONE} in 4.18`),
  level('SOL_DECNET', 'DSO_\\w+', 'DECnet', `${GONE} in 6.1`),
  level('SOL_IRDA', 'IRLMP_\\w+', 'IrDA, infrared', `${GONE} in 4.17`),
  level('SOL_DCCP', 'DCCP_SOCKOPT_\\w+', 'DCCP, datagrams with congestion control', `${GONE} in 6.16`),
  level('SOL_NETBEUI', 'NETBEUI_\\w+', 'NetBEUI', 'never in Linux'),
]
