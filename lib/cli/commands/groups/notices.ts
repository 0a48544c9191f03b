import { openSocket } from '../../../index.ts'
import {
  decodeMulticastNotices,
  type MulticastNotice,
  RTNLGRP_IPV4_MCADDR,
  RTNLGRP_IPV6_MCADDR,
} from '../../../kernel/rtnl-multicast.ts'
import { NETLINK_ADD_MEMBERSHIP, SO_RCVBUF } from '../../../options/index.ts'
import { readBatches } from '../../capture/read-batches.ts'

const RECEIVE_BUFFER = 1 << 21

/**
 * Calls back with joins and leaves as the kernel tells of them, until `stop`. False where it does not: before Linux
 * 6.14. Where there are more than there is room for, some are lost, which the kernel's lists then show.
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
  }).catch(() => undefined)
  if (socket === undefined) return false
  const listen = async (): Promise<void> => {
    for await (const batch of readBatches(socket, stop, ['ENOBUFS']))
      heard(batch.flatMap(({ data }) => decodeMulticastNotices(data)))
  }
  // Where it fails, the lists still show what happens.
  void listen()
    .catch(() => {})
    .finally(() => socket.close())
  return true
}
