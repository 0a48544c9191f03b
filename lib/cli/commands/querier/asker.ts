// Sends the general queries of one protocol on an interface, to the network and to this host itself.

import { type Interface, type MessageSocket, type OwnedSocket, openSocket } from '../../../index.ts'
import {
  ICMPV6_FILTER,
  IP_MULTICAST_TTL,
  IP_OPTIONS,
  IPV6_HOPOPTS,
  IPV6_MULTICAST_HOPS,
} from '../../../options/index.ts'
import {
  encodeIgmpQuery,
  encodeMldQuery,
  igmpPacket,
  MLD_HOP_BY_HOP,
  type QueryTimes,
  ROUTER_ALERT,
} from '../../../protocols/membership-query.ts'

/** One of the four kinds of general queries, and where they come from. */
export type Question =
  | { readonly protocol: 'IGMP'; readonly version: 2 | 3; readonly source: string }
  | { readonly protocol: 'MLD'; readonly version: 1 | 2; readonly source: string }

export interface Asker extends AsyncDisposable {
  readonly question: Question
  ask(): Promise<void>
}

/** The Ethernet address of 224.0.0.1: RFC 1112 6.4 */
const ALL_HOSTS_MAC = '01:00:5e:00:00:01'

export const openAsker = (on: Interface, question: Question, times: QueryTimes): Promise<Asker> =>
  question.protocol === 'IGMP' ? openIgmp(on, question, times) : openMld(on, question, times)

/**
 * Queries of IGMP leave by a packet socket, since the kernel lets no other socket send from 0.0.0.0. It does not loop them
 * back, so this host gets its own, which never leaves it.
 */
async function openIgmp(on: Interface, question: Question & { protocol: 'IGMP' }, times: QueryTimes): Promise<Asker> {
  const query = encodeIgmpQuery(question.version, times)
  const packet = igmpPacket(question.source, query)
  const network = (await openSocket({ family: 'packet', type: 'dgram', protocol: 0 })).toMessageSocket()
  const self = await toSelf(on).catch(() => undefined)
  return {
    question,
    ask: async () => {
      await network.send(packet, { interface: on.index, protocol: 'ETH_P_IP', hardwareAddress: ALL_HOSTS_MAC })
      // An interface without an IPv4 address has no memberships that could be asked for this way.
      await self?.send(query, { address: '224.0.0.1' }).catch(() => undefined)
    },
    [Symbol.asyncDispose]: async () => {
      await network.close()
      await self?.close()
    },
  }
}

/** With TTL 0 the kernel loops a packet back and sends it nowhere. */
async function toSelf(on: Interface): Promise<MessageSocket> {
  const options = [
    [IP_OPTIONS, ROUTER_ALERT],
    [IP_MULTICAST_TTL, 0],
  ] as const
  const opened = await openSocket({ family: 'ipv4', type: 'raw', protocol: 'IPPROTO_IGMP', options })
  return (await setUp(opened, () => opened.control.setMulticastInterface(on.index))).toMessageSocket()
}

async function openMld(on: Interface, question: Question & { protocol: 'MLD' }, times: QueryTimes): Promise<Asker> {
  const query = encodeMldQuery(question.version, times)
  const zone = on.name
  const opened = await openSocket({
    family: 'ipv6',
    type: 'raw',
    protocol: 'IPPROTO_ICMPV6',
    options: [
      [IPV6_HOPOPTS, MLD_HOP_BY_HOP],
      [IPV6_MULTICAST_HOPS, 1],
      // This socket only sends.
      [ICMPV6_FILTER, { pass: [] }],
    ],
    bind: { address: `${question.source}%${zone}` },
  })
  const socket = (await setUp(opened, () => opened.control.setMulticastInterface(on.index))).toMessageSocket()
  return {
    question,
    ask: async () => {
      await socket.send(query, { address: `ff02::1%${zone}` })
    },
    [Symbol.asyncDispose]: () => socket.close(),
  }
}

/** Sets up a socket, which is closed if that fails. */
async function setUp<S extends OwnedSocket>(opened: S, steps: () => Promise<unknown>): Promise<S> {
  try {
    await steps()
    return opened
  } catch (error) {
    await opened.close()
    throw error
  }
}
