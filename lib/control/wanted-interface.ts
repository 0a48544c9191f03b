// Channels whose interface is not settled when they are asked for: every interface, or one that is not there yet.
import { mustKnow } from '../base/check-fields.ts'
import { badValue, SocketOptionError, show } from '../base/errors.ts'
import { canonical, interfaceOfZone, isIpv6, unmapped, withoutZone, zoneOf } from '../net/address.ts'
import type { NamedInterface } from '../net/interfaces.ts'
import { EVERY_INTERFACE, parseGroup, parseSource } from './group-target.ts'
import {
  BY_ROUTE,
  CHANNEL_FIELDS,
  type Channel,
  ChannelMembership,
  type ChannelTarget,
  type Membership,
} from './membership.ts'

/** Whether a channel is wanted on every interface. */
export const isOnEvery = (channel: Channel | Membership): channel is Channel =>
  (channel as Channel | null)?.interface === EVERY_INTERFACE

/** What to join on every interface. */
export function targetOnEvery(channel: Channel): ChannelTarget {
  mustKnow(CHANNEL_FIELDS, channel, 'the group')
  const group = parseGroup(channel.group)
  if (isIpv6(group) && zoneOf(group) !== undefined)
    throw badValue(`group ${group} names an interface, and interface is '*': name one of the two`)
  const { source } = channel
  return { group, source: source === undefined ? undefined : parseSource(source, group) }
}

/** True if a channel can't be joined only because its interface or its route is not there. */
export const isForWantOfInterface = (error: unknown): boolean =>
  error instanceof SocketOptionError && (error.reason === 'no-interface' || error.reason === 'no-route')

/** How to know the interface of a channel when it comes. */
export interface AbsentTarget {
  readonly group: string
  readonly source: string | undefined
  readonly on: NamedInterface
  readonly named: string | undefined
}

/** IFNAMSIZ of net/if.h, with the NUL. */
const MAX_NAME = 15

export function absentTargetOf(channel: Channel | Membership): AbsentTarget {
  if (channel instanceof ChannelMembership) {
    const { group, source, interface: on } = channel
    return { group, source, on, named: undefined }
  }
  const { group: text, source, interface: spec } = channel as Channel
  const given = parseGroup(text)
  const zone = isIpv6(given) ? zoneOf(given) : undefined
  const group = zone === undefined ? given : withoutZone(given)
  const target = { group, source: source === undefined ? undefined : parseSource(source, group) }
  const wanted = spec ?? (zone === undefined ? undefined : interfaceOfZone(zone))
  if (typeof wanted === 'number' && wanted > 0) return { ...target, on: { name: '', index: wanted }, named: undefined }
  const address = typeof wanted === 'string' ? canonical(wanted) : undefined
  if (typeof wanted === 'string' && address === undefined) {
    if (Buffer.byteLength(wanted) > MAX_NAME)
      throw badValue(`interface is ${show(wanted)}: no name is longer than ${MAX_NAME} bytes`)
    return { ...target, on: { name: wanted, index: 0 }, named: undefined }
  }
  const isAny = address === undefined || ['0.0.0.0', '::'].includes(unmapped(address))
  return { ...target, on: { name: '', index: 0 }, named: isAny ? BY_ROUTE : unmapped(address) }
}
