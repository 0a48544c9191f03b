// The channel that the doctor looks for, and which of the datagrams that were seen are its own.

import type { Interface } from '../../../index.ts'
import type { HostMembership } from '../../../kernel/proc-net.ts'
import { hostPort, type IpFamily } from '../../../net/address.ts'
import { channelCommand } from '../../shell/channel-command.ts'
import type { ObservedFlow } from './wire.ts'

export interface WantedChannel {
  readonly group: string
  readonly family: IpFamily
  /** Undefined for any port. */
  readonly port: number | undefined
  /** Without zones; empty for any source. */
  readonly sources: readonly string[]
  /** Sources that are not wanted. Empty if there are `sources`. */
  readonly blocked: readonly string[]
  /** The interface to join on. */
  readonly on: Interface
}

/** The channel as text: `232.1.1.1:5000 from 192.0.2.1`. */
export const channelText = ({ group, sources, port }: WantedChannel): string => {
  const to = port === undefined ? group : hostPort(group, port)
  return sources.length === 0 ? to : `${to} from ${sources.join(', ')}`
}

export const isWantedSource = ({ sources, blocked }: WantedChannel, source: string): boolean =>
  sources.length === 0 ? !blocked.includes(source) : sources.includes(source)

/** The flows on the wanted interface. On loopback a datagram shows twice, once as it goes out. */
export const flowsHere = ({ on }: WantedChannel, flows: readonly ObservedFlow[]): ObservedFlow[] =>
  flows.filter(({ interfaceIndex, outgoing }) => interfaceIndex === on.index && !(outgoing && on.flags.loopback))

/** The flows on the wanted interface from wanted sources to the wanted port. */
export const wantedFlows = (wanted: WantedChannel, flows: readonly ObservedFlow[]): ObservedFlow[] =>
  flowsHere(wanted, flows).filter(
    ({ port, source }) =>
      (wanted.port === undefined || port === undefined || port === wanted.port) && isWantedSource(wanted, source),
  )

/** Whether a membership of the group takes datagrams of a wanted source. */
export const takesWanted = ({ sources }: WantedChannel, membership: HostMembership): boolean =>
  membership.mode !== 'include' ||
  sources.length === 0 ||
  membership.sources.some(({ address, include }) => include > 0 && sources.includes(address))

interface CommandChanges {
  readonly port?: number
  readonly sources?: readonly string[]
  readonly interface?: string
}

/** The command line of a command for the channel, with what the user asked for, and with changes. */
export const commandLine = (command: string, wanted: WantedChannel, changes: CommandChanges = {}): string =>
  channelCommand(command, { ...wanted, interface: wanted.on.name, ...changes })
