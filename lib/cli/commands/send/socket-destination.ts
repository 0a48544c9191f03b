// Where `sockctl send` sends if not by UDP: an IP protocol, an interface or a Unix socket.

import { type MessageSocket, openSocket } from '../../../index.ts'
import { familyOf, isIpv6, isMulticast } from '../../../net/address.ts'
import { IP_TTL, IPV6_UNICAST_HOPS, SO_BINDTODEVICE, SO_BROADCAST } from '../../../options/index.ts'
import type { PacketTarget, RawTarget, SocketTarget, UnixTarget } from '../../../protocols/socket-target.ts'
import { UsageError } from '../../shell/failure.ts'
import { isBroadcast, withZone } from '../../shell/host.ts'
import { findInterface } from '../../shell/interface-option.ts'
import { refuseOptions } from '../../shell/refuse-options.ts'
import type { DestinationOptions, SendTarget } from './send-target.ts'

/** Options that raw, packet and Unix sockets have no use for. */
const NOT_OF_SOCKETS = { port: '--port' }
/** Options of IP. */
const OF_IP = { interface: '--interface', hops: '--hops', bind: '--bind', wait: '--wait' }

export function socketDestination(target: SocketTarget, options: DestinationOptions): SendTarget {
  refuseOptions(options, target.kind === 'raw' ? NOT_OF_SOCKETS : { ...NOT_OF_SOCKETS, ...OF_IP }, target.text)
  const isToGroup = target.kind === 'raw' && target.address !== undefined && isMulticast(target.address)
  if (!options.loopback && !isToGroup)
    throw new UsageError(`--no-loopback is for groups, and ${target.text} is none: leave the option out`)
  if (target.kind === 'raw') return rawDestination(target, options)
  return target.kind === 'packet' ? packetDestination(target) : unixDestination(target)
}

function rawDestination(to: RawTarget, { interface: on, bind, hops, loopback }: DestinationOptions): SendTarget {
  if (to.address === undefined) throw new UsageError(`${to.text} names no address: write raw:${to.protocol}@ADDRESS`)
  const address = withZone(to.address, on)
  const isGroup = isMulticast(address)
  const broadcast = isBroadcast(address)
  const ipv6 = isIpv6(address)
  const open = async (): Promise<MessageSocket> => {
    const device = on === undefined || isGroup ? [] : [[SO_BINDTODEVICE, findInterface(on).name]]
    const ttl = hops === undefined || isGroup ? [] : [[ipv6 ? IPV6_UNICAST_HOPS : IP_TTL, hops]]
    const opened = await openSocket({
      family: familyOf(address),
      type: 'raw',
      protocol: to.protocol,
      options: [[SO_BROADCAST, broadcast], ...device, ...ttl] as never[],
      ...(bind !== undefined && { bind: { address: bind } }),
    })
    try {
      if (isGroup) {
        if (on !== undefined) await opened.control.setMulticastInterface(on)
        if (hops !== undefined) await opened.control.setMulticastHops(hops)
        await opened.control.setMulticastLoopback(loopback)
      }
      return opened.toMessageSocket({ returnedErrors: !isGroup })
    } catch (error) {
      await opened.close()
      throw error
    }
  }
  return {
    text: to.text,
    unit: 'message',
    fields: { target: to.text },
    address,
    kind: isGroup ? 'group' : broadcast ? 'broadcast' : 'unicast',
    hasInterface: on !== undefined,
    open: async () => {
      const socket = await open()
      return { events: socket, send: (messages) => socket.send(messages, { address }), close: () => socket.close() }
    },
  }
}

const localDestination = (to: PacketTarget | UnixTarget, open: SendTarget['open']): SendTarget => ({
  text: to.text,
  unit: 'message',
  fields: { target: to.text },
  address: to.text,
  kind: 'local',
  hasInterface: true,
  open,
})

const packetDestination = (to: PacketTarget): SendTarget =>
  localDestination(to, async () => {
    const { index } = findInterface(to.interface)
    const opened = await openSocket({ family: 'packet', type: 'raw' })
    const socket = opened.toMessageSocket()
    const destination = { interface: index, ...(to.protocol !== undefined && { protocol: to.protocol }) }
    return { events: socket, send: (frames) => socket.send(frames, destination), close: () => socket.close() }
  })

const unixDestination = (to: UnixTarget): SendTarget =>
  localDestination(to, async () => {
    const opened = await openSocket({ family: 'unix', type: 'dgram' })
    const socket = opened.toMessageSocket()
    return { events: socket, send: (messages) => socket.send(messages, { path: to.path }), close: () => socket.close() }
  })
