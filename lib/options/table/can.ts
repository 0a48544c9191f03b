// The options of the controller area network: levels SOL_CAN_RAW, SOL_CAN_ISOTP and SOL_CAN_J1939.

import {
  boolean,
  canFilters,
  canVcidOptions,
  int,
  isotpFlowControl,
  isotpLinkLayer,
  isotpOptions,
  j1939Filters,
  unsigned,
} from '../codecs.ts'
import { option } from '../option.ts'

/** `CAN_ISOTP_LL_OPTS`: the frames of the link: CAN or CAN FD, and how long. Before bind. Default { mtu: 16, tx_dl: 8, tx_flags: 0 }. Documentation/networking/iso15765-2.rst */
export const CAN_ISOTP_LL_OPTS = option('CAN_ISOTP_LL_OPTS', 'SOL_CAN_ISOTP', isotpLinkLayer, { since: '5.10' })
/** `CAN_ISOTP_OPTS`: addresses, padding and behaviour. Before bind. Documentation/networking/iso15765-2.rst */
export const CAN_ISOTP_OPTS = option('CAN_ISOTP_OPTS', 'SOL_CAN_ISOTP', isotpOptions, { since: '5.10' })
/** `CAN_ISOTP_RECV_FC`: the block size and the time between frames that are asked for. Before bind. Default all 0. Documentation/networking/iso15765-2.rst */
export const CAN_ISOTP_RECV_FC = option('CAN_ISOTP_RECV_FC', 'SOL_CAN_ISOTP', isotpFlowControl, { since: '5.10' })
/** `CAN_ISOTP_RX_STMIN`: frames that come sooner after one another than so many nanoseconds are ignored, with the flag FORCE_RXSTMIN. Before bind. Default 0. include/uapi/linux/can/isotp.h */
export const CAN_ISOTP_RX_STMIN = option(
  'CAN_ISOTP_RX_STMIN',
  'SOL_CAN_ISOTP',
  unsigned(0, 0xffffffff, 'nanoseconds'),
  {
    since: '5.10',
  },
)
/** `CAN_ISOTP_TX_STMIN`: the nanoseconds between frames sent, whatever the receiver asks for, with the flag FORCE_TXSTMIN. Before bind. Default 0. include/uapi/linux/can/isotp.h */
export const CAN_ISOTP_TX_STMIN = option(
  'CAN_ISOTP_TX_STMIN',
  'SOL_CAN_ISOTP',
  unsigned(0, 0xffffffff, 'nanoseconds'),
  {
    since: '5.10',
  },
)
/** `CAN_RAW_ERR_FILTER`: which error frames come, a bit a class. Default 0. Documentation/networking/can.rst */
export const CAN_RAW_ERR_FILTER = option('CAN_RAW_ERR_FILTER', 'SOL_CAN_RAW', unsigned())
/** `CAN_RAW_FD_FRAMES`: CAN FD frames are sent and received too. Default false. Documentation/networking/can.rst */
export const CAN_RAW_FD_FRAMES = option('CAN_RAW_FD_FRAMES', 'SOL_CAN_RAW', boolean, { since: '3.6' })
/** `CAN_RAW_FILTER`: which frames come, by id and mask; none if the array is empty. Default one filter that takes all. Documentation/networking/can.rst */
export const CAN_RAW_FILTER = option('CAN_RAW_FILTER', 'SOL_CAN_RAW', canFilters)
/** `CAN_RAW_JOIN_FILTERS`: a frame must pass all filters, not one of them. Default false. Documentation/networking/can.rst */
export const CAN_RAW_JOIN_FILTERS = option('CAN_RAW_JOIN_FILTERS', 'SOL_CAN_RAW', boolean, { since: '4.1' })
/** `CAN_RAW_LOOPBACK`: other sockets of this host get the frames sent. Default true. Documentation/networking/can.rst */
export const CAN_RAW_LOOPBACK = option('CAN_RAW_LOOPBACK', 'SOL_CAN_RAW', boolean)
/** `CAN_RAW_RECV_OWN_MSGS`: this socket gets the frames that it sent. Default false. Documentation/networking/can.rst */
export const CAN_RAW_RECV_OWN_MSGS = option('CAN_RAW_RECV_OWN_MSGS', 'SOL_CAN_RAW', boolean)
/** `CAN_RAW_XL_FRAMES`: CAN XL frames are sent and received too. Default false. include/uapi/linux/can/raw.h */
export const CAN_RAW_XL_FRAMES = option('CAN_RAW_XL_FRAMES', 'SOL_CAN_RAW', boolean, { since: '6.1' })
/** `CAN_RAW_XL_VCID_OPTS`: the virtual CAN network of CAN XL frames sent, and those received. Default none. include/uapi/linux/can/raw.h */
export const CAN_RAW_XL_VCID_OPTS = option('CAN_RAW_XL_VCID_OPTS', 'SOL_CAN_RAW', canVcidOptions, { since: '6.9' })
/** `SO_J1939_ERRQUEUE`: tell on the error queue what became of messages. Default false. Documentation/networking/j1939.rst */
export const SO_J1939_ERRQUEUE = option('SO_J1939_ERRQUEUE', 'SOL_CAN_J1939', boolean, { since: '5.4' })
/** `SO_J1939_FILTER`: which messages come, by name, parameter group and address of the sender, each with a mask; all if the array is empty, the default. Documentation/networking/j1939.rst */
export const SO_J1939_FILTER = option('SO_J1939_FILTER', 'SOL_CAN_J1939', j1939Filters, {
  access: 'write',
  since: '5.4',
})
/** `SO_J1939_PROMISC`: messages to others come too. Default false. Documentation/networking/j1939.rst */
export const SO_J1939_PROMISC = option('SO_J1939_PROMISC', 'SOL_CAN_J1939', boolean, { since: '5.4' })
/** `SO_J1939_SEND_PRIO`: the priority of messages sent, 0 the highest; below 2 needs CAP_NET_ADMIN. Default 6. Documentation/networking/j1939.rst */
export const SO_J1939_SEND_PRIO = option('SO_J1939_SEND_PRIO', 'SOL_CAN_J1939', int(0, 7), {
  since: '5.4',
  needs: 'CAP_NET_ADMIN',
})
