// Keeps a table of the interfaces by the kernel's notices, and makes the table right again when notices were lost.
import { kernelError } from '../base/errors.ts'
import { applyMessage, type LinkState, type LinkStep, type LinkTable, replaceTable } from '../kernel/link-table.ts'
import {
  decodeOutcome,
  type NetlinkMessage,
  NLM_F_DUMP_INTR,
  NLMSG_DONE,
  NLMSG_ERROR,
  NLMSG_OVERRUN,
  netlinkMessages,
} from '../kernel/netlink.ts'
import { addressRequest } from '../kernel/rtnl-address.ts'
import { linkRequest } from '../kernel/rtnl-link.ts'
import { decodeIpv6Settings, RTM_DELNETCONF, RTM_NEWNETCONF } from '../kernel/rtnl-netconf.ts'
import { decodeRoute, type Route, RTM_DELROUTE, RTM_NEWROUTE } from '../kernel/rtnl-route.ts'
import { parseAddress } from '../net/address.ts'
import { isMalformed } from '../protocols/malformed.ts'
import type { Datagram } from './datagram.ts'
import type { RtnlSocket } from './rtnl-socket.ts'

/** A change of the table, or of what the table does not hold. */
export type LinkChange =
  /** A link appeared, changed or was removed. */
  | ({ readonly type: 'link' } & LinkStep)
  /** A route that a multicast group may take was made or removed. Told to those who asked for routes. */
  | { readonly type: 'routes' }
  /** Notices were lost. The table is right again, and its differences were told before; a change and its reverse were not. */
  | { readonly type: 'resynchronised' }

export interface Synchroniser {
  /** Settled when the table is first filled. */
  readonly begun: Promise<void>
  take(batch: readonly Datagram[]): void
  /** Notices are lost, so the lists are asked for again. */
  lose(): void
  close(): void
}

/** The lists of links and addresses, asked for one after the other. */
interface Dump {
  asksAddresses: boolean
  seq: number
  readonly table: LinkTable
  /** What came meanwhile: a list may have been made before, and arrive after. */
  readonly notices: NetlinkMessage[]
  /** Whether a list is not whole. */
  isSpoilt: boolean
}

/** After the kernel refused a list, another is asked for. */
const RETRY_AFTER = 1000

/** A table that is kept by what a socket receives; changes are told once the table was filled. */
export function createSynchroniser(
  socket: RtnlSocket,
  table: LinkTable,
  tell: (change: LinkChange) => void,
): Synchroniser {
  let begin: () => void = () => {}
  let failToBegin: (error: unknown) => void = () => {}
  const begun = new Promise<void>((resolve, reject) => {
    begin = resolve
    failToBegin = reject
  })
  let seq = 0
  let dump: Dump | undefined
  /** Whether the table is not to be trusted. */
  let isBehind = true
  let hasBegun = false
  let retry: NodeJS.Timeout | undefined
  /** Links that may have got IPv6 or lost it, of which the kernel sends no notice. */
  const doubtful = new Set<number>()
  let routesChanged = false

  const tellStep = (step: LinkStep | undefined): void => {
    if (step !== undefined) tell({ type: 'link', ...step })
  }

  // The kernel keeps back all notices from a full buffer until the buffer is empty, and says so once: lists that are
  // asked for before would be old already.
  const catchUp = (): void => {
    if (!isBehind || dump !== undefined || retry !== undefined || !socket.isDrained()) return
    isBehind = false
    dump = { asksAddresses: false, seq: nextSeq(), table: new Map(), notices: [], isSpoilt: false }
    ask(() => linkRequest(dump?.seq ?? 0))
  }

  const nextSeq = (): number => {
    seq = (seq % 0xffffffff) + 1
    return seq
  }

  const ask = (request: () => Uint8Array): void => {
    try {
      socket.ask(request())
    } catch (error) {
      fail(error)
    }
  }

  /** The lists can't be had now. The first time this is the end. */
  const fail = (error: unknown): void => {
    dump = undefined
    isBehind = true
    if (!hasBegun) {
      failToBegin(error)
      return
    }
    retry = setTimeout(() => {
      retry = undefined
      catchUp()
    }, RETRY_AFTER).unref()
  }

  const takeAnswer = (message: NetlinkMessage, own: Dump): void => {
    const { type, flags } = message
    if ((flags & NLM_F_DUMP_INTR) !== 0) own.isSpoilt = true
    if (type !== NLMSG_DONE && type !== NLMSG_ERROR) {
      applyMessage(own.table, message)
      return
    }
    const outcome = decodeOutcome(message)
    if (isMalformed(outcome) || outcome.errno !== 0) {
      const { errno, text } = isMalformed(outcome) ? { errno: 0, text: outcome.malformed } : outcome
      fail(kernelError({ asked: 'list the interfaces', errno, syscall: 'recvmmsg', advice: text }))
    } else if (own.isSpoilt) {
      dump = undefined
      isBehind = true
    } else if (own.asksAddresses) finish(own)
    else {
      own.asksAddresses = true
      own.seq = nextSeq()
      ask(() => addressRequest(own.seq))
    }
  }

  const finish = (own: Dump): void => {
    dump = undefined
    for (const notice of own.notices) applyNotice(own.table, notice)
    const steps = replaceTable(table, own.table)
    if (!hasBegun) {
      hasBegun = true
      begin()
      return
    }
    for (const step of steps) tellStep(step)
    tell({ type: 'resynchronised' })
  }

  /** Changes a table as a notice says, and notes what has to be asked for. */
  const applyNotice = (into: LinkTable, message: NetlinkMessage): LinkStep | undefined => {
    const { type } = message
    if (type === RTM_NEWNETCONF || type === RTM_DELNETCONF) {
      const index = decodeIpv6Settings(message)
      const before = typeof index === 'number' ? into.get(index) : undefined
      if (before === undefined) return undefined
      // Renaming takes the settings away and makes them again, while IPv6 stays on.
      if (type === RTM_DELNETCONF || before.ipv6Off === true) doubtful.add(before.index)
      return undefined
    }
    if (type === RTM_NEWROUTE || type === RTM_DELROUTE) {
      const route = decodeRoute(message)
      if (isMalformed(route) || !mayCarryMulticast(route)) return undefined
      routesChanged = true
      // The route of all groups comes and goes with IPv6 on its interface.
      if (isOfAllGroups(route) && route.interfaceIndex !== undefined) doubtful.add(route.interfaceIndex)
      return undefined
    }
    const step = applyMessage(into, message)
    if (step?.before !== undefined && step.after !== undefined && hasLostIpv6(step.before, step.after))
      doubtful.add(step.after.index)
    return step
  }

  const takeMessage = (message: NetlinkMessage): void => {
    const { type, pid } = message
    if (dump !== undefined && pid === socket.pid && message.seq === dump.seq) takeAnswer(message, dump)
    else if (type === NLMSG_OVERRUN) lose()
    else if (dump !== undefined) dump.notices.push(message)
    else if (!isBehind) tellStep(applyNotice(table, message))
  }

  const lose = (): void => {
    isBehind = true
    if (dump !== undefined) dump.isSpoilt = true
  }

  const settle = (): void => {
    if (routesChanged) tell({ type: 'routes' })
    routesChanged = false
    catchUp()
    if (dump !== undefined || isBehind) return
    for (const index of doubtful) {
      doubtful.delete(index)
      if (table.has(index)) ask(() => linkRequest(nextSeq(), index))
    }
  }

  catchUp()
  return {
    begun,
    take: (batch) => {
      for (const { data, truncated } of batch) {
        const { messages, isCutShort } = netlinkMessages(data)
        for (const message of messages) takeMessage(message)
        if (truncated || isCutShort) lose()
      }
      settle()
    },
    lose: () => {
      lose()
      settle()
    },
    close: () => clearTimeout(retry),
  }
}

const hasIpv6Address = ({ addresses }: LinkState): boolean => addresses.some(({ family }) => family === 'ipv6')

/** Whether a link that still is up has lost its last IPv6 address: IPv6 may have been switched off there. */
const hasLostIpv6 = (before: LinkState, after: LinkState): boolean =>
  hasIpv6Address(before) && !hasIpv6Address(after) && (after.flags & IFF_UP) !== 0

/** Whether it is ff00::/8, which each interface with IPv6 has. */
const isOfAllGroups = ({ family, prefixLength }: Route): boolean => family === 'ipv6' && prefixLength === 8

/** Whether a multicast address may lie in the route's destination: in 224.0.0.0/4 or ff00::/8. */
function mayCarryMulticast({ family, destination, prefixLength }: Route): boolean {
  const first = parseAddress(destination)?.bytes[0] ?? 0
  const [multicast, length] = family === 'ipv4' ? [0xe0, 4] : [0xff, 8]
  const shared = Math.min(prefixLength, length)
  return first >> (8 - shared) === multicast >> (8 - shared)
}

/** `IFF_UP` of net/if.h. */
const IFF_UP = 1
