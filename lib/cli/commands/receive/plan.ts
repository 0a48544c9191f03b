// Plans the sockets of `sockctl receive`: which channels each of them joins.

import { type Channel, openSocket } from '../../../index.ts'
import { familyOf, isIpv6 } from '../../../net/address.ts'
import { SO_RCVBUF, SO_RCVBUFFORCE } from '../../../options/index.ts'
import type { ChannelText } from '../../../protocols/channel.ts'
import { type HostText, isHost, type TargetText } from '../../../protocols/target.ts'
import type { Setting } from '../../../socket/socket-spec.ts'
import { portOf } from '../../shell/channel-port.ts'
import { UsageError } from '../../shell/failure.ts'
import { lookUpHost, withZone } from '../../shell/host.ts'
import type { Output } from '../../shell/output.ts'

/** The channels one socket is to receive. */
export interface PlannedReceiver {
  readonly port: number
  readonly channels: readonly Channel[]
  /** By group, the sources to block on its any-source membership. */
  readonly blocked: ReadonlyMap<string, readonly string[]>
  readonly rtp: boolean
}

/** An address of this host to receive at; `''` for all. */
export interface PlannedHost {
  readonly address: string
  readonly port: number
  readonly interface: string | number | undefined
  /** The port is shared with the sockets of groups. */
  readonly reuse: boolean
  readonly rtp: boolean
}

export interface PlanOptions {
  port?: number
  interface?: string | number
  source?: string[]
  block?: string[]
  rtp?: boolean
  /** Ticks a second of the clock of RTP's timestamps. */
  clock?: number
}

/** Whether a target is to be read as RTP. */
const isRtp = ({ protocol }: TargetText, { rtp, clock }: PlanOptions): boolean =>
  rtp === true || clock !== undefined || protocol === 'rtp'

/** Up to so many, each channel has a socket of its own, whose drops are counted apart. */
const MAX_SOCKETS = 64

/** Refuses an address given with an option if no channel is of its family. */
function mustFit(addresses: readonly string[], option: string, given: readonly ChannelText[]): void {
  for (const address of addresses)
    if (!given.some(({ group }) => familyOf(group) === familyOf(address)))
      throw new UsageError(`${option} ${address}: no channel is ${isIpv6(address) ? 'IPv6' : 'IPv4'}`)
}

interface Wanted {
  group: string
  port: number
  rtp: boolean
  channels: Channel[]
  blocked: string[]
}

function wantedOf(given: ChannelText, options: PlanOptions): Wanted {
  const { group } = given
  const port = portOf(given, options.port)
  const ofFamily = (list: readonly string[] = []): string[] =>
    list.filter((address) => familyOf(address) === familyOf(group))
  const sources = [...new Set([...given.sources, ...ofFamily(options.source)])]
  const blocked = [...new Set([...given.blocked, ...ofFamily(options.block)])]
  if (sources.length > 0 && blocked.length > 0)
    throw new UsageError(
      `${group} is joined for source ${sources[0]} only, so no other can be blocked: leave out --block`,
    )
  const on = given.interface ?? options.interface
  const base: Channel = { group, ...(on !== undefined && { interface: on }) }
  const channels = sources.length === 0 ? [base] : sources.map((source) => ({ ...base, source }))
  return { group, port, rtp: isRtp(given, options), channels, blocked }
}

const keyOf = ({ group, source = '', interface: on = '' }: Channel): string => `${group} ${source} ${on}`

function together(wanted: readonly Wanted[], port: number): PlannedReceiver {
  const blocked = new Map<string, string[]>()
  for (const { group, blocked: sources } of wanted)
    blocked.set(group, [...new Set([...(blocked.get(group) ?? []), ...sources])])
  const channels = new Map(wanted.flatMap((one) => one.channels).map((channel) => [keyOf(channel), channel]))
  return { port, channels: [...channels.values()], blocked, rtp: wanted.some(({ rtp }) => rtp) }
}

/** Plans the channels. A source or a block given for all channels applies to the channels of its family. */
function planChannels(given: readonly ChannelText[], options: PlanOptions): PlannedReceiver[] {
  mustFit(options.source ?? [], '--source', given)
  mustFit(options.block ?? [], '--block', given)
  const wanted = given.map((channel) => wantedOf(channel, options))
  const each = new Set(wanted.map(({ group, port }) => `${group} ${port}`)).size <= MAX_SOCKETS
  const sockets = new Map<string, Wanted[]>()
  for (const one of wanted) {
    const key = `${each ? one.group : familyOf(one.group)} ${one.port}`
    sockets.set(key, [...(sockets.get(key) ?? []), one])
  }
  return [...sockets.values()].map((of) => together(of, of[0]?.port ?? 0))
}

/** The sockets of all targets. */
export interface PlannedSockets {
  readonly channels: readonly PlannedReceiver[]
  readonly hosts: readonly PlannedHost[]
}

/** Plans the sockets of all targets; the names of hosts are looked up. */
export async function planReceivers(
  out: Output,
  given: readonly TargetText[],
  options: PlanOptions,
): Promise<PlannedSockets> {
  const hosts = given.filter(isHost)
  const [first] = hosts
  for (const name of ['source', 'block'] as const)
    if (options[name] !== undefined && first !== undefined)
      throw new UsageError(
        `--${name} is for groups, and ${first.host === '' ? 'any address' : first.host} is of a host: leave it out, or write SOURCE@GROUP:PORT`,
      )
  const channels = planChannels(
    given.filter((one): one is ChannelText => !isHost(one)),
    options,
  )
  return { channels, hosts: await planHosts(out, hosts, channels, options) }
}

async function planHosts(
  out: Output,
  hosts: readonly HostText[],
  channels: readonly PlannedReceiver[],
  options: PlanOptions,
): Promise<PlannedHost[]> {
  const planned: PlannedHost[] = []
  for (const host of hosts) {
    const port = portOf(host, options.port)
    const on = host.interface ?? options.interface
    planned.push({
      address: host.host === '' ? '' : withZone(await lookUpHost(out, host.host), on),
      port,
      interface: on,
      reuse: channels.some((channel) => channel.port === port),
      rtp: isRtp(host, options),
    })
  }
  return planned
}

/** An option that sets the size of the receive buffer. */
export type ReceiveBuffer = Setting

/**
 * The option that sets a receive buffer of so many bytes: the one that exceeds net.core.rmem_max, if that is allowed.
 */
export async function receiveBuffer(bytes: number): Promise<ReceiveBuffer> {
  const probe = await openSocket({ family: 'ipv4', type: 'dgram' })
  try {
    probe.control.setSync(SO_RCVBUFFORCE, bytes)
    return [SO_RCVBUFFORCE, bytes]
  } catch {
    return [SO_RCVBUF, bytes]
  } finally {
    await probe.close()
  }
}
