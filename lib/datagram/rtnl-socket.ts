// A socket of rtnetlink(7) that receives changes of links and addresses.
import { kernelError } from '../base/errors.ts'
import { type NativeSocket, native } from '../binding/native.ts'
import { bindSocket } from '../calls/bind-socket.ts'
import { getNow, setNow } from '../calls/call-now.ts'
import { explainSocket } from '../calls/explain-socket.ts'
import { RTNLGRP_IPV6_NETCONF } from '../kernel/rtnl-netconf.ts'
import { familyNumber, parseSocketAddress } from '../net/socket-address.ts'
import { partsOf } from '../options/option.ts'
import { NETLINK_ADD_MEMBERSHIP, NETLINK_DROP_MEMBERSHIP } from '../options/table/netlink.ts'
import { SO_MEMINFO, SO_RCVBUF } from '../options/table/socket.ts'
import { type BatchReader, createBatchReader } from './batch-reader.ts'

/** A socket of rtnetlink(7). */
export interface RtnlSocket {
  readonly reader: BatchReader
  /** Whether every message that came has been read. */
  isDrained(): boolean
  /** Whether changes of routes are received, too. */
  hearRoutes(wanted: boolean): void
  close(): Promise<void>
}

/** Bits of `sockaddr_nl.nl_groups`. */
const RTMGRP_LINK = 0x1
const RTMGRP_IPV4_IFADDR = 0x10
const RTMGRP_IPV6_IFADDR = 0x100
const GROUPS = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | (1 << (RTNLGRP_IPV6_NETCONF - 1))

const RTNLGRP_IPV4_ROUTE = 7
const RTNLGRP_IPV6_ROUTE = 11

/** In bytes; the kernel gives twice `net.core.rmem_max` at most. */
const RECEIVE_BUFFER = 1 << 20

/** In bytes; a notice of a link has some 1,500. */
const MAX_MESSAGE = 32768
/** Datagrams read at once: what is told of them is one piece of work for the event loop. */
const BATCH = 8

const close = (socket: NativeSocket): Promise<void> => new Promise((resolve) => socket.close(resolve))

/** Opens the socket. If that fails nothing stays open. */
export async function openRtnlSocket(): Promise<RtnlSocket> {
  const socket = new native.Socket()
  const errno = socket.open(familyNumber('netlink'), native.constants.SOCK_RAW ?? -1, 0)
  if (errno !== 0) throw explainSocket('socket', 'open a raw socket of netlink', errno, 'netlink')
  let reader: BatchReader | undefined
  let hearsRoutes = false
  const closeAll = (): Promise<void> => {
    reader?.close()
    return close(socket)
  }
  try {
    setNow(socket.fd, partsOf(SO_RCVBUF), RECEIVE_BUFFER)
    bindSocket(socket.fd, 'netlink', parseSocketAddress('netlink', 'bind', { groups: GROUPS }))
    reader = createBatchReader({
      family: 'netlink',
      batch: BATCH,
      maxDatagram: MAX_MESSAGE,
      gro: false,
      toError: (errno) => kernelError({ asked: 'read changes of interfaces', errno, syscall: 'recvmmsg' }),
    })
    reader.hold(false)
    reader.add(socket)
    return {
      reader,
      isDrained: () => hasNoMemory(socket.fd),
      hearRoutes: (wanted) => {
        if (wanted === hearsRoutes) return
        const option = partsOf(wanted ? NETLINK_ADD_MEMBERSHIP : NETLINK_DROP_MEMBERSHIP)
        try {
          for (const group of [RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE]) setNow(socket.fd, option, group)
        } catch (error) {
          // Routes that nobody asked for are passed over.
          if (wanted) throw error
        }
        hearsRoutes = wanted
      },
      close: closeAll,
    }
  } catch (error) {
    await closeAll()
    throw error
  }
}

function hasNoMemory(fd: number): boolean {
  try {
    return (getNow(fd, partsOf(SO_MEMINFO), undefined) as { rmem_alloc: number }).rmem_alloc === 0
  } catch {
    // Before Linux 4.12 the kernel can't be asked.
    return true
  }
}
