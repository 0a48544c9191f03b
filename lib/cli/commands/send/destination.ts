// Where `sockctl send` sends: a group, a host by unicast or broadcast, or what socket-destination.ts has.

import { interfaces, openSender, type SenderOptions } from '../../../index.ts'
import { hostPort, isIpv6 } from '../../../net/address.ts'
import { IP_TTL, IPV6_UNICAST_HOPS, SO_BROADCAST } from '../../../options/index.ts'
import type { ChannelText } from '../../../protocols/channel.ts'
import type { SocketTarget } from '../../../protocols/socket-target.ts'
import { type HostText, isHost, type TargetText } from '../../../protocols/target.ts'
import { portOf } from '../../shell/channel-port.ts'
import { UsageError } from '../../shell/failure.ts'
import { isBroadcast, lookUpHost, withZone } from '../../shell/host.ts'
import type { Output } from '../../shell/output.ts'
import type { DestinationOptions, SendSocket, SendTarget } from './send-target.ts'
import { socketDestination } from './socket-destination.ts'

/** Reads the target; the name of a host is looked up. */
export function destinationOf(
  out: Output,
  target: TargetText | SocketTarget,
  options: DestinationOptions,
): Promise<SendTarget> | SendTarget {
  if ('kind' in target) return socketDestination(target, options)
  return isHost(target) ? hostDestination(out, target, options) : groupDestination(target, options)
}

// Bound, so that the report can tell the port before the first datagram.
const bindOf = ({ bind }: DestinationOptions): NonNullable<SenderOptions['bind']> =>
  bind === undefined ? {} : { address: bind }

async function openSending(options: SenderOptions): Promise<SendSocket> {
  const sender = await openSender(options)
  return {
    events: sender,
    from: sender.address,
    send: (messages) => sender.send(messages),
    close: () => sender.close(),
  }
}

function groupDestination(to: ChannelText, options: DestinationOptions): SendTarget {
  if (to.sources.length + to.blocked.length > 0)
    throw new UsageError(
      `send takes no sources to join or block: name the group alone, ${to.group}; --bind names the address to send from`,
    )
  const port = portOf(to, options.port)
  const hops = options.hops ?? to.hops
  const on = to.interface ?? options.interface ?? interfaceOf(options.bind)
  return {
    text: hostPort(to.group, port),
    unit: 'datagram',
    fields: { group: to.group, port },
    address: to.group,
    kind: 'group',
    hasInterface: on !== undefined,
    open: () =>
      openSending({
        to: { address: to.group, port },
        loopback: options.loopback,
        bind: bindOf(options),
        ...(hops !== undefined && { hops }),
        ...(on !== undefined && { interface: on }),
      }),
  }
}

async function hostDestination(out: Output, to: HostText, options: DestinationOptions): Promise<SendTarget> {
  const port = portOf(to, options.port)
  if (to.host === '') throw new UsageError(`:${port} names no host: write HOST:${port}`)
  if (!options.loopback)
    throw new UsageError(`--no-loopback is for groups, and ${to.host} is a host: leave the option out`)
  const asked = to.interface ?? options.interface
  const address = withZone(await lookUpHost(out, to.host), asked)
  const broadcast = isBroadcast(address)
  // The kernel has routes to hosts, and by them finds the interface; for 255.255.255.255 it may have none.
  const on = asked ?? (broadcast ? interfaceOf(options.bind) : undefined)
  const hops = options.hops ?? to.hops
  return {
    text: hostPort(address, port),
    unit: 'datagram',
    fields: { host: address, port },
    address,
    kind: broadcast ? 'broadcast' : 'unicast',
    hasInterface: on !== undefined,
    open: () =>
      openSending({
        to: { address, port },
        bind: bindOf(options),
        returnedErrors: true,
        ...(on !== undefined && { interface: on }),
        options: [
          [SO_BROADCAST, broadcast],
          ...(hops === undefined ? [] : [[isIpv6(address) ? IPV6_UNICAST_HOPS : IP_TTL, hops] as const]),
        ],
      }),
  }
}

/** The interface of an address to send from. The kernel would choose the interface by route, whatever the address. */
function interfaceOf(bind: string | undefined): string | undefined {
  if (bind === undefined) return undefined
  const list = interfaces()
  const own = list.find(({ addresses }) => addresses.some((one) => one.address === bind))
  // Every address in 127/8 belongs to the loopback interface, which lists only the first.
  return (own ?? list.find(({ flags }) => flags.loopback && bind.startsWith('127.')))?.name
}
