// `sockctl groups`: lists what this host has joined, and tells changes as they happen.

import type { Command } from 'commander'
import type { HostMembership } from '../../../kernel/proc-net.ts'
import { wellKnownGroup } from '../../../net/well-known-groups.ts'
import { Failure, UsageError } from '../../shell/failure.ts'
import { examples } from '../../shell/help.ts'
import { findInterface, takesInterface } from '../../shell/interface-option.ts'
import type { Paint } from '../../shell/paint.ts'
import { duration, group, repeatable } from '../../shell/parsers.ts'
import { type Run, runs } from '../../shell/run.ts'
import type { Column } from '../../shell/table.ts'
import { startTimer } from '../../shell/timer.ts'
import { plural } from '../../shell/units.ts'
import type { GroupChange } from './changes.ts'
import { type HostGroups, openHostGroups } from './host-groups.ts'
import type { GroupWatch } from './watch.ts'

interface GroupsOptions {
  interface?: string | number
  watch?: true
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

/** What IANA calls the groups that have a name, and for whom they are. */
const nameColumns: Column<HostMembership>[] = [
  {
    head: 'NAME',
    cell: ({ group: address }, { dim }) => {
      const known = wellKnownGroup(address)
      return known === undefined ? '' : `${known.name} ${dim(`(${known.purpose})`)}`
    },
  },
]

const columnsFor = (found: readonly HostMembership[]): Column<HostMembership>[] =>
  found.some((one) => wellKnownGroup(one.group) !== undefined) ? [...columns, ...nameColumns] : columns

/** A membership with the name of its group, if it has one. */
function named(one: HostMembership): HostMembership & { name?: string } {
  const known = wellKnownGroup(one.group)
  return known === undefined ? one : { ...one, name: known.name }
}

export function groupsCommand(command: Command): void {
  takesInterface(command.argument('[group...]', 'only these groups', repeatable(group)), 'only on this interface')
  command.option('-w, --watch', 'print joins and leaves as they happen, until Ctrl-C')
  command.option('-d, --duration <time>', 'with --watch: end after this long: 500ms, 5s, 2m', duration)
  command.addHelpText(
    'after',
    `
USERS counts sockets, and the kernel itself. MODE is the interface's filter: include if every socket
names the sources it takes, exclude if at least one takes all but some, mixed if the kernel's lists
leave it open. !SOURCE is excluded, SOURCE (2) is named by two sockets. Exit status 1 if nobody has
joined a group that was named.`,
  )
  examples(command, 'sockctl groups', 'sockctl groups -i eth0 232.1.1.1', 'sockctl groups --watch --json')
  runs<[groups: string[]], GroupsOptions>(
    command,
    'an object a membership or a change',
    async (run, [wanted], options) => {
      const index = options.interface === undefined ? undefined : findInterface(options.interface).index
      const isWanted = (one: HostMembership): boolean =>
        (index === undefined || one.index === index) && (wanted.length === 0 || wanted.includes(one.group))
      await using groups = openHostGroups()
      if (options.watch) return await watch(run, groups, isWanted, options.duration)
      if (options.duration !== undefined) throw new UsageError('--duration is for --watch: add --watch')
      const found = groups.read().filter(isWanted)
      run.out.list(found.map(named), columnsFor(found))
      const missing = wanted.filter((address) => !found.some((one) => one.group === address))
      if (missing.length > 0) throw new Failure(`not joined on this host: ${missing.join(', ')}`)
    },
  )
}

async function watch(
  { out, stop }: Run,
  groups: HostGroups,
  isWanted: (one: HostMembership) => boolean,
  time: number | undefined,
): Promise<void> {
  const { watchGroups } = await import('./watch.ts')
  const over = new AbortController()
  const timer = startTimer(time, () => over.abort())
  try {
    await follow(await watchGroups(groups, AbortSignal.any([stop, over.signal])))
  } finally {
    clearTimeout(timer)
    over.abort()
  }

  async function follow({ by, changes }: GroupWatch): Promise<void> {
    if (out.json) out.object({ event: 'watching', by })
    out.hint(by === 'netlink' ? 'Told by the kernel (netlink).' : 'Read four times a second from /proc/net.')
    const counts = { join: 0, leave: 0, change: 0 }
    for await (const happened of changes())
      for (const change of happened.filter(({ membership }) => isWanted(membership))) {
        counts[change.event]++
        tell(change)
      }
    if (out.json) out.object({ event: 'end', joins: counts.join, leaves: counts.leave, changes: counts.change })
    else out.line(`${counts.join} joined, ${counts.leave} left, ${counts.change} changed`)
  }

  function tell({ event, membership }: GroupChange): void {
    const time = new Date().toISOString()
    if (out.json) {
      out.object({ event, time, ...named(membership) })
      return
    }
    const { users, group, interface: on } = membership
    const known = wellKnownGroup(group)
    const brush = { join: out.paint.good, leave: out.paint.warn, change: out.paint.strong }[event]
    const rest = event === 'leave' ? [] : [plural(users, 'user'), modeText(membership), sourcesText(membership)]
    out.line(
      [
        out.paint.dim(time.slice(11, 23)),
        brush(event.padEnd(6)),
        `${group}${known === undefined ? '' : ` (${known.name})`} on ${on}`,
        ...rest,
      ]
        .join('  ')
        .trimEnd(),
    )
  }
}
