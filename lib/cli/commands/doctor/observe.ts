// Looks at the channel, joins it as a program would, and watches what arrives, on the wire and in a socket.

import { type Interface, interfaces } from '../../../index.ts'
import { parseCounters } from '../../../kernel/proc-counters.ts'
import type { HostMembership } from '../../../kernel/proc-net.ts'
import { withoutZone } from '../../../net/address.ts'
import { lookUp } from '../../../net/route-lookup.ts'
import { openHostGroups } from '../groups/host-groups.ts'
import { INGRESS_DROPS, ingressDrops } from './ingress-drops.ts'
import { withInside } from './inside-socket.ts'
import { droppingRouteTo, hasGroupRoute, linkOf } from './link.ts'
import type { HostState, Observation, Stretch } from './observation.ts'
import { watchFirewall } from './read-firewall.ts'
import { createReception } from './reception.ts'
import { createRenewals } from './renewals.ts'
import { isOfFamily, socketsOn } from './sockets.ts'
import { readText } from './system.ts'
import { startTrace } from './trace-firewall.ts'
import { takesWanted, type WantedChannel, wantedFlows } from './wanted-channel.ts'
import { MAX_REMEMBERED, openWatch, type Watch } from './watch.ts'
import { type ObservedFlow, soundOf } from './wire.ts'

/** The sockets are those on the wanted port, or with no port all: which of them matter is known once the stream was seen. */
const readHostState = async ({ family, port, on }: WantedChannel): Promise<HostState> => {
  const sockets = await socketsOn((one) => one !== 0 && (port === undefined || one === port))
  const counters = parseCounters(
    ...['netstat', 'snmp', 'snmp6', 'xfrm_stat'].map((name) => readText(`/proc/net/${name}`)),
  )
  return {
    counters: new Map([...counters, [INGRESS_DROPS, await ingressDrops(on.name)]]),
    sockets: sockets.filter((socket) => isOfFamily(socket, family)),
  }
}

/** The sockets on a port, asked as far as this process may. */
const askedOn = async (port: number | undefined, state: HostState, wanted: WantedChannel): Promise<HostState> => ({
  ...state,
  sockets: await withInside(
    state.sockets.filter((socket) => socket.port === port),
    wanted,
  ),
})

/** The time that is given to the doctor. In milliseconds: at least and at most so much. */
export interface WaitTime {
  readonly atLeast: number
  readonly atMost: number
}

/** In milliseconds: how long to look, before the doctor joins, for a stream that others have joined. */
const LOOK = 1000
/** So many datagrams are a stream. */
const ENOUGH = 3
/** If so many datagrams were lost in so many milliseconds, more of them would not tell more. */
const LOST_ENOUGH = { datagrams: 10, time: 1500 }
const TICK = 50
/** In milliseconds: how long to wait for the listing of the firewall's rules beyond the time for looking. */
const SOON = 300
/** In milliseconds: the same if the stream flows, when there is mostly time left. */
const SOON_IF_WELL = 500

const pause = (time: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, time))

const busiestPort = (flows: readonly ObservedFlow[]): number | undefined =>
  flows.filter(({ port }) => port !== undefined).toSorted((a, b) => b.datagrams - a.datagrams)[0]?.port

/** Looks for a stream that others have joined, without a join of the doctor's. */
async function look(watch: Watch, time: number, end: AbortSignal, all: boolean): Promise<Stretch> {
  const start = performance.now()
  while (!end.aborted && performance.now() - start < time) {
    if (!all && watch.arrivals.length >= ENOUGH) break
    await pause(TICK)
  }
  const { flows, passed } = watch.restart()
  return { length: performance.now() - start, flows, passed }
}

/** Undefined if the doctor was stopped meanwhile. */
export async function observe(
  wanted: WantedChannel,
  wait: WaitTime,
  { passive, traces }: { readonly passive: boolean; readonly traces: boolean },
  stop: AbortSignal,
): Promise<Observation | undefined> {
  const { on, group, port, sources } = wanted
  const start = performance.now()
  const passedTime = (): number => performance.now() - start
  await using groups = openHostGroups()
  await using watch = await openWatch(wanted, stop)
  const firewall = watchFirewall(wanted.family, stop)
  await using trace = traces ? await startTrace(wanted, stop) : undefined
  const before = await readHostState(wanted)
  const joinedBefore = groups.read().filter((one) => one.group === group)
  const isJoined = joinedBefore.some((one) => one.index === on.index && takesWanted(wanted, one))
  const looks = passive || isJoined
  const looked = looks
    ? await look(watch, passive ? wait.atMost - passedTime() : Math.min(LOOK, wait.atMost / 2), stop, passive)
    : undefined
  const reception = createReception(wanted)
  const renewals = createRenewals({
    watch,
    wasSilent: on.flags.up && isJoined && watch.arrivals.length === 0,
    since: start,
  })
  let listed: HostMembership | undefined
  let joinedAt = performance.now()
  try {
    if (!passive && !stop.aborted) {
      if (isJoined) renewals.expect('join')
      await reception.join(port)
      joinedAt = performance.now()
      // What came before the join was not for this host.
      watch.restart()
      listed = groups.read().find((one) => one.index === on.index && one.group === group)
      await listen()
    }
    // What is on its way is counted on both ends.
    await pause(TICK)
  } finally {
    await reception.close()
  }
  if (stop.aborted) return undefined

  async function listen(): Promise<void> {
    const left = (): number => wait.atMost - firewall.readsAgainIn() - passedTime()
    while (!stop.aborted && left() > 0) {
      await pause(Math.max(1, Math.min(TICK, left())))
      // Whoever may not join may look all the same.
      if (reception.receiver === undefined) {
        if (watch.arrivals.length >= ENOUGH || performance.now() - joinedAt >= LOOK) return
        continue
      }
      if (port === undefined && !reception.listens) {
        const found = busiestPort(wantedFlows(wanted, watch.flows()))
        if (found !== undefined) await reception.join(found)
      }
      await renewals.tick(reception.receiver, listed)
      if (renewals.isPending()) continue
      const flowing = reception.listens ? reception.isSatisfied() : sum(watch.passed()) > 0
      if (passedTime() >= wait.atLeast && flowing) return
      const onWire = wantedFlows(wanted, watch.flows()).reduce((total, { datagrams }) => total + datagrams, 0)
      const isLost = !flowing && sum(reception.delivered) === 0 && onWire >= LOST_ENOUGH.datagrams
      if (wait.atLeast < wait.atMost && isLost && performance.now() - joinedAt >= LOST_ENOUGH.time) return
    }
  }

  const { flows, passed } = watch.restart()
  const shown = passive && looked !== undefined ? looked : { flows, passed }
  const heard = [...sources, ...wantedFlows(wanted, shown.flows).map(({ source }) => source)]
  const named = [...new Set(heard)].slice(0, MAX_REMEMBERED)
  const found = await lookUp(named)
  const routes = new Map(named.map((source) => [source, found.route(source)]))
  const routeKinds = new Map<string, string>()
  for (const source of named.slice(0, 4)) {
    const kind = (routes.get(source) ?? 0) <= 0 ? await droppingRouteTo(source) : undefined
    if (kind !== undefined) routeKinds.set(source, kind)
  }
  const sendingPorts = new Set(shown.flows.flatMap(({ outgoing, sourcePort }) => (outgoing ? (sourcePort ?? []) : [])))
  const foundPort = port ?? busiestPort(wantedFlows(wanted, shown.flows))
  const lastArrival = watch.arrivals.at(-1) ?? start
  const [query] = watch.queries
  const last = interfaces()
  const link = await linkOf(on.name)
  const arrived = sum(reception.listens ? reception.delivered : shown.passed)
  const sound = wantedFlows(wanted, shown.flows).reduce((total, flow) => total + soundOf(flow), 0)
  const allArrived = arrived > 0 && arrived >= sound * 0.9
  return {
    listened: passive ? 0 : performance.now() - joinedAt,
    joinRefused: reception.joinRefused,
    bindRefused: reception.bindRefused,
    listed,
    joinedBefore,
    link,
    captureRefused: watch.captureRefused,
    port: foundPort,
    before: await askedOn(foundPort, before, wanted),
    looked,
    ...shown,
    renewals: renewals.outcomes(),
    streamed: lastArrival - (watch.arrivals[0] ?? start),
    queries: watch.queries.map(({ packet }) => packet),
    queryAge: query === undefined ? 0 : Math.max(0, lastArrival - query.at),
    badQueries: watch.badQueries,
    queriesPassed: watch.queriesPassed(),
    reports: watch.reports.map(({ packet }) => packet),
    delivered: reception.listens ? reception.delivered : undefined,
    after: await askedOn(foundPort, await readHostState(wanted), wanted),
    firewall: await firewall.finish(allArrived ? SOON_IF_WELL : SOON + Math.max(0, wait.atMost - passedTime())),
    trace: await trace?.finish(),
    routes,
    routeKinds,
    hasGroupRoute: wanted.family === 'ipv6' ? await hasGroupRoute(on.name) : undefined,
    otherDestinations: watch.otherDestinations,
    senders: sendingPorts.size === 0 ? [] : await withInside(await socketsOn((one) => sendingPorts.has(one)), wanted),
    portsOfWanted: new Set(
      last.flatMap(({ index, name }) => (link.bridge?.ports.includes(name) === true ? index : [])),
    ),
    ownAddresses: new Set(last.flatMap(({ addresses }) => addresses.map(({ address }) => withoutZone(address)))),
    interfaceNames: new Map(last.map(({ index, name }) => [index, name])),
    interfaceEnd: endOf(last.find(({ index }) => index === on.index)),
    passive,
  }
}

const sum = (counts: ReadonlyMap<string, number> | undefined): number =>
  [...(counts?.values() ?? [])].reduce((total, count) => total + count, 0)

const endOf = (on: Interface | undefined): Observation['interfaceEnd'] =>
  on === undefined ? 'gone' : on.flags.up ? 'up' : 'down'
