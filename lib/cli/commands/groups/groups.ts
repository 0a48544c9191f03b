// `sockctl groups`: lists what this host has joined, and tells changes as they happen.

import type { Command } from 'commander'
import type { HostMembership } from '../../../kernel/proc-net.ts'
import { wellKnownGroup } from '../../../net/well-known-groups.ts'
import { openQuerierHearing, type QuerierHearing } from '../../capture/queriers.ts'
import { Failure, messageOf, printWarning, UsageError } from '../../shell/failure.ts'
import { examples } from '../../shell/help.ts'
import { findInterface, takesInterface } from '../../shell/interface-option.ts'
import type { Paint } from '../../shell/paint.ts'
import { duration, group, repeatable } from '../../shell/parsers.ts'
import { type Run, runs } from '../../shell/run.ts'
import type { Column } from '../../shell/table.ts'
import { startTimer } from '../../shell/timer.ts'
import { plural, seconds } from '../../shell/units.ts'
import type { GroupChange } from './changes.ts'
import { type HostGroups, openHostGroups } from './host-groups.ts'
import type { LinkQuerier } from './link-queriers.ts'
import type { GroupWatch } from './watch.ts'

interface GroupsOptions {
  interface?: string | number
  watch?: true
  wait?: number
  duration?: number
}

/** `10.0.0.1`; `10.0.0.1 (2)` if two sockets name the source; `!10.0.0.1` if it is excluded. */
const sourcesText = ({ sources }: HostMembership): string => {
  let text = ''
  const add = (address: string, sockets: number): void => {
    if (sockets > 0) text += `${text === '' ? '' : ' '}${address}${sockets > 1 ? ` (${sockets})` : ''}`
  }
  for (const { address, include, exclude } of sources) {
    add(address, include)
    add(`!${address}`, exclude)
  }
  return text
}

/** The filter mode; `mixed` if the kernel's lists leave it open; '' if they do not show the membership. */
const modeText = ({ mode, sourcesListed }: HostMembership): string => mode ?? (sourcesListed ? 'mixed' : '')

const versionText = ({ family, igmpVersion }: HostMembership, { warn }: Paint): string =>
  family === 'ipv6'
    ? 'MLD'
    : igmpVersion === undefined
      ? 'IGMP'
      : igmpVersion < 3
        ? warn(`IGMPv${igmpVersion}`)
        : 'IGMPv3'

const columns: Column<HostMembership>[] = [
  { head: 'INTERFACE', cell: (one) => one.interface },
  { head: 'GROUP', cell: (one) => one.group },
  { head: 'USERS', cell: (one) => one.users },
  { head: 'MODE', cell: modeText },
  { head: 'PROTOCOL', cell: versionText },
  { head: 'SOURCES', cell: sourcesText },
]

const nameOf = (group: string): string | undefined => wellKnownGroup(group)?.name

const columnsFor = (found: readonly HostMembership[]): Column<HostMembership>[] =>
  found.some((one) => nameOf(one.group) !== undefined)
    ? [...columns, { head: 'NAME', cell: ({ group: address }) => nameOf(address) ?? '' }]
    : columns

/** What IANA calls a group that has a name, and whose it is. */
function naming(group: string): { name?: string; purpose?: string } {
  const known = wellKnownGroup(group)
  return known === undefined ? {} : { name: known.name, purpose: known.purpose }
}

export function groupsCommand(command: Command): void {
  takesInterface(command.argument('[group...]', 'only these groups', repeatable(group)), 'only on this interface')
  command.option('-w, --watch', 'print joins, leaves and queries as they happen, until Ctrl-C')
  command.option('-d, --duration <time>', 'with --watch: end after this long: 500ms, 5s, 2m', duration)
  command.option('--wait <time>', 'hear the queriers first, at most this long: 130s for most networks', duration)
  command.addHelpText('after', NOTES)
  examples(
    command,
    'sockctl groups',
    'sockctl groups -i eth0 232.1.1.1',
    'sudo sockctl groups --wait 130s',
    'sockctl groups --watch --json',
  )
  runs<[groups: string[]], GroupsOptions>(
    command,
    'an object a membership, with its querier and sockets; or a change',
    async (run, [wanted], options) => {
      const index = options.interface === undefined ? undefined : findInterface(options.interface).index
      const filter: GroupFilter = {
        takesInterface: (one) => index === undefined || one === index,
        takes: (one) =>
          (index === undefined || one.index === index) && (wanted.length === 0 || wanted.includes(one.group)),
      }
      await using groups = openHostGroups()
      if (options.watch) {
        if (options.wait !== undefined)
          throw new UsageError('--wait hears queriers before the list: --watch hears them all the time')
        return await watch(run, groups, filter, options.duration)
      }
      if (options.duration !== undefined) throw new UsageError('--duration is for --watch: add --watch, or --wait')
      const found = await list(run, groups, filter, options.wait)
      const missing = wanted.filter((address) => !found.some((one) => one.group === address))
      if (missing.length > 0) throw new Failure(`not joined on this host: ${missing.join(', ')}`)
    },
  )
}

const NOTES = `
USERS counts sockets, and the kernel itself. MODE is the interface's filter: include if every socket names the sources
it takes, exclude if at least one takes all but some, mixed if the kernel's lists leave it open. !SOURCE is excluded,
SOURCE (2) is named by two sockets. PROTOCOL is what this host speaks on the interface, as its oldest querier has it.

QUERIER: what the kernel shows of the querier of an interface. It counts queries of MLD and shows no version of them.
Its address, its last query and the next one are heard with --wait or --watch, which needs CAP_NET_RAW.

SOCKET: UDP sockets of other processes that may take what comes to these groups: those bound to a group, or to any
address. Which socket has joined, the kernel does not tell. As root all programs are named. MULTICAST_ALL: the socket
takes groups that only others have joined, too. Exit status 1 if nobody has joined a group that was named; 0 however a
watch ends.`

/** What the user asked for. */
interface GroupFilter {
  takesInterface(index: number): boolean
  takes(membership: HostMembership): boolean
}

async function list(
  { out, stop }: Run,
  groups: HostGroups,
  filter: GroupFilter,
  wait: number | undefined,
): Promise<HostMembership[]> {
  const { linkQueriers, querierColumns } = await import('./link-queriers.ts')
  const { groupSocket, maySocketTake, socketColumns, socketsOfGroups } = await import('./group-sockets.ts')
  await using hearing = wait === undefined ? undefined : await openQuerierHearing()
  const querierOf: QuerierHearing['querierOf'] = (on, family) => hearing?.querierOf(on, family)
  const linksOf = (found: readonly HostMembership[]): LinkQuerier[] =>
    linkQueriers(found, querierOf).filter((one) => found.some(({ index }) => index === one.index))
  if (hearing !== undefined && wait !== undefined) {
    const links = linksOf(groups.read().filter(filter.takes))
    out.hint(`Listening for queriers, at most ${seconds(wait)}. Ctrl-C lists what was heard.`)
    await hearAll(hearing, links, stop, wait)
  }
  const found = groups.read().filter(filter.takes)
  const links = linksOf(found)
  const sockets = await socketsOfGroups(found)
  if (out.json) {
    for (const one of found) {
      const link = links.find(({ index, family }) => index === one.index && family === one.family)
      const { interface: _, index: __, family: ___, ...querier } = link ?? ({} as Partial<LinkQuerier>)
      const own = sockets.filter((socket) => maySocketTake(socket, one)).map(groupSocket)
      out.object({ ...one, ...naming(one.group), ...(link !== undefined && { querier }), sockets: own })
      await out.drained()
    }
    return found
  }
  out.list(found, columnsFor(found))
  if (links.length > 0) out.line()
  out.list(links, querierColumns(hearing !== undefined, Date.now()))
  const taking = sockets.filter((socket) => found.some((one) => maySocketTake(socket, one)))
  if (taking.length > 0) out.line()
  out.list(taking, socketColumns)
  return found
}

/** Hears until the querier of each link was heard, the time is over, or `stop`. */
async function hearAll(
  hearing: QuerierHearing,
  links: readonly LinkQuerier[],
  stop: AbortSignal,
  wait: number,
): Promise<void> {
  const isDone = (): boolean => links.every(({ index, family }) => hearing.querierOf(index, family) !== undefined)
  // Without an interface that takes multicast there is nobody to wait for.
  if (isDone()) return
  const over = new AbortController()
  const timer = startTimer(wait, () => over.abort())
  try {
    await hearing.listen(AbortSignal.any([stop, over.signal]), () => {
      if (isDone()) over.abort()
    })
  } finally {
    clearTimeout(timer)
  }
}

async function watch(
  { out, stop }: Run,
  groups: HostGroups,
  filter: GroupFilter,
  time: number | undefined,
): Promise<void> {
  const { watchGroups } = await import('./watch.ts')
  const { watchQueries } = await import('./watch-queries.ts')
  const over = new AbortController()
  const end = AbortSignal.any([stop, over.signal])
  const timer = startTimer(time, () => over.abort())
  const hearing = await openQuerierHearing().catch((error: unknown) => {
    printWarning(`queriers are not heard: ${messageOf(error)}`)
  })
  try {
    const queries = hearing && watchQueries(out, hearing, filter.takesInterface, end)
    queries?.catch(() => over.abort())
    await follow(await watchGroups(groups, end))
    await queries
  } finally {
    clearTimeout(timer)
    over.abort()
    await hearing?.[Symbol.asyncDispose]()
  }

  async function follow({ by, changes }: GroupWatch): Promise<void> {
    if (out.json) out.object({ event: 'watching', by, queriers: hearing !== undefined })
    out.hint(by === 'netlink' ? 'Told by the kernel (netlink).' : 'Read four times a second from /proc/net.')
    const counts = { join: 0, leave: 0, change: 0 }
    for await (const happened of changes())
      for (const change of happened.filter(({ membership }) => filter.takes(membership))) {
        counts[change.event]++
        tell(change)
      }
    if (out.json) out.object({ event: 'end', joins: counts.join, leaves: counts.leave, changes: counts.change })
    else out.line(`${counts.join} joined, ${counts.leave} left, ${counts.change} changed`)
  }

  function tell({ event, membership }: GroupChange): void {
    const time = new Date().toISOString()
    if (out.json) {
      out.object({ event, time, ...membership, ...naming(membership.group) })
      return
    }
    const { users, group, interface: on } = membership
    const name = nameOf(group)
    const brush = { join: out.paint.good, leave: out.paint.warn, change: out.paint.strong }[event]
    const rest = event === 'leave' ? [] : [plural(users, 'user'), modeText(membership), sourcesText(membership)]
    out.line(
      [
        out.paint.dim(time.slice(11, 23)),
        brush(event.padEnd(6)),
        `${group}${name === undefined ? '' : ` (${name})`} on ${on}`,
        ...rest,
      ]
        .join('  ')
        .trimEnd(),
    )
  }
}
