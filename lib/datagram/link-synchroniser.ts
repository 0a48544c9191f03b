// Keeps a table of the interfaces by the kernel's notices, and makes the table right again when notices were lost.
import { applyMessage, type LinkState, type LinkStep, type LinkTable, put, replaceTable } from '../kernel/link-table.ts'
import { type NetlinkMessage, NLMSG_OVERRUN, netlinkMessages } from '../kernel/netlink.ts'
import { addressRequest } from '../kernel/rtnl-address.ts'
import { decodeLink, linkRequest, RTM_NEWLINK } from '../kernel/rtnl-link.ts'
import { decodeIpv6Settings, RTM_DELNETCONF, RTM_NEWNETCONF } from '../kernel/rtnl-netconf.ts'
import { decodeRoute, type Route, RTM_DELROUTE, RTM_NEWROUTE } from '../kernel/rtnl-route.ts'
import { parseAddress } from '../net/address.ts'
import { isMalformed } from '../protocols/malformed.ts'
import type { Datagram } from './datagram.ts'
import { askRtnl, listedMessages, MAX_SPOILT_LISTS, messagesOf, spoiltLists } from './rtnl-questions.ts'
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
  take(batch: readonly Datagram[]): void
  /** Notices are lost, so the lists are asked for again. */
  lose(): void
  close(): void
}

export interface SynchroniserPlan {
  readonly socket: RtnlSocket
  readonly table: LinkTable
  readonly tell: (change: LinkChange) => void
  /** Called whenever the table was made as the kernel's lists are. */
  readonly onSynchronised: () => void
  /** Called once, if the lists can't be had by this socket. */
  readonly onFailure: (error: unknown) => void
}

/** The event loop turns at most so often until all notices are read, of which each turn reads several. */
const MAX_TURNS = 1000

/** Keeps a table by what a socket receives. It begins with the lists of links and addresses. */
export function createSynchroniser({ socket, table, tell, ...plan }: SynchroniserPlan): Synchroniser {
  /** Notices that came while lists are asked for: a list may have been made before, and arrive after. */
  let kept: NetlinkMessage[] | undefined
  /** Whether notices were lost since the lists were asked for. */
  let isBehind = false
  let isOver = false
  /** Links that may have got IPv6 or lost it, of which the kernel sends no notice. */
  const doubtful = new Set<number>()
  let routesChanged = false

  const tellStep = (step: LinkStep | undefined): void => {
    if (step !== undefined) tell({ type: 'link', ...step })
  }

  const drained = async (): Promise<void> => {
    for (let turns = 0; turns < MAX_TURNS && !isOver && !socket.isDrained(); turns++)
      await new Promise((resolve) => setImmediate(resolve))
  }

  const catchUp = async (): Promise<void> => {
    for (let spoilt = 0; spoilt < MAX_SPOILT_LISTS; spoilt++) {
      // The kernel keeps back all notices from a full buffer until the buffer is empty, and says so once: lists that are
      // asked for before would be old already.
      await drained()
      const notices: NetlinkMessage[] = []
      kept = notices
      isBehind = false
      const fresh = readLists(await askRtnl([linkRequest(1), addressRequest(2)]))
      // Else notices from before the lists would come after.
      await drained()
      if (isOver) return
      if (isBehind || fresh === undefined) continue
      kept = undefined
      for (const notice of notices) applyNotice(fresh, notice)
      for (const step of replaceTable(table, fresh)) tellStep(step)
      tell({ type: 'resynchronised' })
      settle()
      plan.onSynchronised()
      return
    }
    throw spoiltLists()
  }

  const begin = (): void => {
    kept = []
    catchUp().catch(fail)
  }

  const fail = (error: unknown): void => {
    if (isOver) return
    isOver = true
    plan.onFailure(error)
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

  const lose = (): void => {
    isBehind = true
    if (kept === undefined) begin()
  }

  /** Ends a batch: tells what is told once, and asks for links of which there is no notice. */
  const settle = (): void => {
    if (kept !== undefined) return
    if (routesChanged) tell({ type: 'routes' })
    routesChanged = false
    if (doubtful.size === 0) return
    const requests = [...doubtful].map((index, at) => linkRequest(at + 1, index))
    doubtful.clear()
    askRtnl(requests).then(takeIpv6, fail)
  }

  const takeIpv6 = (answers: readonly Buffer[]): void => {
    if (isOver || kept !== undefined) return
    for (const message of messagesOf(answers)) {
      const link = message.type === RTM_NEWLINK ? decodeLink(message) : undefined
      if (link === undefined || isMalformed(link)) continue
      const before = table.get(link.index)
      if (before !== undefined) tellStep(put(table, link.index, { ...before, ipv6Off: link.ipv6Off === true }))
    }
  }

  begin()
  return {
    take: (batch) => {
      for (const { data, truncated } of batch) {
        const { messages, isCutShort } = netlinkMessages(data)
        for (const message of messages) {
          if (message.type === NLMSG_OVERRUN) lose()
          else if (kept !== undefined) kept.push(message)
          else tellStep(applyNotice(table, message))
        }
        if (truncated || isCutShort) lose()
      }
      settle()
    },
    lose,
    close: () => {
      isOver = true
    },
  }
}

/** The table that lists of links and addresses make; `undefined` if they changed while they were made. */
function readLists(datagrams: readonly Uint8Array[]): LinkTable | undefined {
  const listed = listedMessages(datagrams)
  if (listed === undefined) return undefined
  const table: LinkTable = new Map()
  for (const message of listed) applyMessage(table, message)
  return table
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
