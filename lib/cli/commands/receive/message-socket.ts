// The sockets of `sockctl receive` that are no receivers: raw, packet and Unix.

import { type Datagram, type MessageSocket, openSocket } from '../../../index.ts'
import { familyOf, isMulticast } from '../../../net/address.ts'
import { SO_BINDTODEVICE } from '../../../options/index.ts'
import type { PacketTarget, RawTarget, SocketTarget } from '../../../protocols/socket-target.ts'
import { UsageError } from '../../shell/failure.ts'
import { findInterface } from '../../shell/interface-option.ts'
import type { ReceiveBuffer } from './plan.ts'

/** The families of these sockets. */
export type MessageFamily = 'ipv4' | 'ipv6' | 'packet' | 'unix'
export type OpenedMessageSocket = MessageSocket<MessageFamily>
/** A message of any of the families. */
export type AnyMessage = Datagram<MessageFamily>

/** IPPROTO_RAW: its sockets only send. raw(7) */
const SEND_ONLY = 255

/** Opens the socket of a target; messages that arrive from then on wait to be read. */
export async function openMessageSocket(
  target: SocketTarget,
  on: string | number | undefined,
  buffer: ReceiveBuffer,
): Promise<OpenedMessageSocket> {
  if (target.kind === 'raw') return openRaw(target, on, buffer)
  if (target.kind === 'packet') return openPacket(target, buffer)
  const opened = await openSocket({ family: 'unix', type: 'dgram', bind: { path: target.path } })
  return opened.toMessageSocket({ ancillary: { timestamp: true, credentials: true } }) as never
}

async function openRaw(
  { protocol, address, text }: RawTarget,
  on: string | number | undefined,
  buffer: ReceiveBuffer,
): Promise<OpenedMessageSocket> {
  if (protocol === SEND_ONLY) throw new UsageError(`${text}: sockets of IPPROTO_RAW only send; name another protocol`)
  const device = on === undefined ? [] : ([[SO_BINDTODEVICE, findInterface(on).name]] as const)
  const opened = await openSocket({
    family: address === undefined ? 'ipv4' : familyOf(address),
    type: 'raw',
    protocol,
    options: [buffer, ...device] as never[],
    bind: { ...(address !== undefined && { address }) },
  })
  try {
    if (address !== undefined && isMulticast(address))
      await opened.control.join({ group: address, ...(on !== undefined && { interface: on }) })
    return opened.toMessageSocket({ ancillary: { timestamp: true, hopLimit: true } }) as never
  } catch (error) {
    await opened.close()
    throw error
  }
}

async function openPacket(
  { interface: on, protocol }: PacketTarget,
  buffer: ReceiveBuffer,
): Promise<OpenedMessageSocket> {
  const opened = await openSocket({
    family: 'packet',
    type: 'raw',
    protocol: protocol ?? 'ETH_P_ALL',
    options: [buffer] as never[],
    bind: { interface: findInterface(on).index },
  })
  return opened.toMessageSocket({ ancillary: { timestamp: true, vlan: true } }) as never
}
