// `sockctl interfaces`: lists the network interfaces.

import type { Command } from 'commander'
import { type Interface, interfaces } from '../../index.ts'
import { examples } from '../shell/help.ts'
import { findInterface, takesInterface } from '../shell/interface-option.ts'
import { runs } from '../shell/run.ts'
import type { Column } from '../shell/table.ts'

const columns: Column<Interface>[] = [
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

export function interfacesCommand(command: Command): void {
  takesInterface(command, 'only this interface')
  examples(command, 'sockctl interfaces', "sockctl interfaces --json | jq -r 'select(.flags.multicast).name'")
  runs<[], { interface?: string | number }>(command, 'one object an interface', ({ out }, _, { interface: only }) => {
    out.list(only === undefined ? interfaces() : [findInterface(only)], columns)
  })
}
