// `sockctl interfaces`: lists the network interfaces with what they have counted, and tells changes as they happen.

import type { Command } from 'commander'
import { interfaces } from '../../../index.ts'
import { UsageError } from '../../shell/failure.ts'
import { examples } from '../../shell/help.ts'
import { findInterface, takesInterface } from '../../shell/interface-option.ts'
import { duration, period } from '../../shell/parsers.ts'
import { runs } from '../../shell/run.ts'
import type { Column } from '../../shell/table.ts'
import { type CountedInterface, withCounters } from './counters.ts'
import type { InterfacesOptions } from './interfaces-options.ts'

const columns: Column<CountedInterface>[] = [
  { head: 'INDEX', cell: ({ index }) => index },
  { head: 'NAME', cell: ({ name }) => name },
  {
    head: 'STATE',
    cell: ({ flags: { up, running } }, { good, bad, warn }) =>
      up ? (running ? good('up') : warn('no carrier')) : bad('down'),
  },
  { head: 'MULTICAST', cell: ({ flags: { multicast } }, { dim }) => (multicast ? 'yes' : dim('no')) },
  {
    head: 'KIND',
    cell: ({ flags }) =>
      flags.loopback ? 'loopback' : flags.pointToPoint ? 'point-to-point' : flags.broadcast ? 'broadcast' : '',
  },
  { head: 'MTU', cell: ({ mtu }) => mtu },
  { head: 'MAC', cell: ({ mac }) => mac },
  {
    head: 'ADDRESSES',
    cell: ({ addresses }) => addresses.map(({ address, prefixLength }) => `${address}/${prefixLength}`).join(' '),
  },
]

/** A direction of an interface. */
interface Way {
  readonly name: string
  readonly way: 'received' | 'sent'
  readonly packets: number
  readonly bytes: number
  readonly errors: number
  readonly dropped: number
  readonly multicast?: number
  readonly missed?: number
}

const waysOf = ({ name, counters }: CountedInterface): Way[] =>
  counters === undefined
    ? []
    : [
        { name, way: 'received', ...counters.received },
        { name, way: 'sent', ...counters.sent },
      ]

const wayColumns: Column<Way>[] = [
  { head: 'NAME', cell: ({ name }) => name },
  { head: '', cell: ({ way }) => way },
  { head: 'PACKETS', cell: ({ packets }) => packets },
  { head: 'BYTES', cell: ({ bytes }) => bytes },
  { head: 'MULTICAST', right: true, cell: ({ multicast }) => multicast ?? '' },
  ...(['errors', 'dropped', 'missed'] as const).map(
    (key): Column<Way> => ({
      head: key.toUpperCase(),
      right: true,
      cell: (way, { warn }) => ((way[key] ?? 0) > 0 ? warn(String(way[key])) : (way[key] ?? '')),
    }),
  ),
]

export function interfacesCommand(command: Command): void {
  takesInterface(command, 'only this interface')
  command
    .option('-w, --watch', 'print what is counted and what changes as it happens, until Ctrl-C')
    .option('--interval <time>', 'with --watch: from one reading of the counters to the next (default: 1s)', period)
    .option('-d, --duration <time>', 'with --watch: end after this long: 500ms, 5s, 2m', duration)
  command.addHelpText('after', NOTES)
  examples(
    command,
    'sockctl interfaces',
    'sockctl interfaces --watch -i eth0',
    "sockctl interfaces --json | jq -r 'select(.flags.multicast).name'",
  )
  runs<[], InterfacesOptions>(
    command,
    'one object an interface; with --watch one a reading and a change',
    async (run, _, options) => {
      const { out } = run
      if (options.watch === true) {
        const { watchCounters } = await import('./watch.ts')
        await watchCounters(run, options)
        return
      }
      for (const name of ['interval', 'duration'] as const)
        if (options[name] !== undefined) throw new UsageError(`--${name} is for --watch: add --watch`)
      const { interface: only } = options
      const list = await withCounters(only === undefined ? interfaces() : [findInterface(only)])
      out.list(list, columns)
      if (out.json) return
      const ways = list.flatMap(waysOf)
      if (ways.length > 0) out.line()
      out.list(ways, wayColumns)
    },
  )
}

const NOTES = `
The counters are the driver's, since the interface was made. MULTICAST: packets to groups, if the driver counts them (lo
does not). DROPPED: for lack of memory, or nobody takes their protocol or VLAN. MISSED: the host was too slow for the
hardware. What a socket drops is in none of them: "sockctl groups" shows that.
With --watch, an interface has a line whenever it counted something. Exit status 0 however the watch ends.`
