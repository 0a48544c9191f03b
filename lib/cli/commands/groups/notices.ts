// Listens for the kernel's notices of joins and leaves.

import { openSocket } from '../../../index.ts'
import {
  decodeMulticastNotices,
  type MulticastNotice,
  RTNLGRP_IPV4_MCADDR,
  RTNLGRP_IPV6_MCADDR,
} from '../../../kernel/rtnl-multicast.ts'
import { NETLINK_ADD_MEMBERSHIP, SO_RCVBUF } from '../../../options/index.ts'
import { batchesUntil } from '../../shell/batches-until.ts'

/** In bytes. */
const RECEIVE_BUFFER = 1 << 21

/**
 * Calls back with each join and leave that the kernel gives notice of, until `stop`. False if it gives none: before
 * Linux 6.14. Notices are lost if the receive buffer is full; the kernel's lists still show these joins and leaves.
 */
export async function listenForNotices(
  stop: AbortSignal,
  heard: (notices: MulticastNotice[]) => void,
): Promise<boolean> {
  const socket = await openSocket({
    family: 'netlink',
    type: 'raw',
    options: [
      [SO_RCVBUF, RECEIVE_BUFFER],
      [NETLINK_ADD_MEMBERSHIP, RTNLGRP_IPV4_MCADDR],
      [NETLINK_ADD_MEMBERSHIP, RTNLGRP_IPV6_MCADDR],
    ],
    bind: {},
  })
    .then((opened) => opened.toMessageSocket())
    .catch(() => undefined)
  if (socket === undefined) return false
  const listen = async (): Promise<void> => {
    for await (const batch of batchesUntil(socket, stop, 'ENOBUFS'))
      heard(batch.flatMap(({ data }) => decodeMulticastNotices(data)))
  }
  // After an error there are no more notices; the kernel's lists still show joins and leaves.
  void listen()
    .catch(() => {})
    .finally(() => socket.close())
  return true
}
