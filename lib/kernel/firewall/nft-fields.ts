// The fields of a datagram that expressions of nft name: `ip daddr`, `meta iifname`, `ct state`.

import { isIpv6 } from '../../net/address.ts'
import type { FilteredPacket, PacketState } from './model.ts'
import { type Fields, isFields } from './nft-json.ts'
import {
  ADDRESS_TYPES,
  ETHERTYPES,
  MESSAGE_TYPES,
  PACKET_TYPES,
  PROTOCOL_NUMBERS,
  packetTypeNumber,
} from './protocol-names.ts'
import {
  ABSENT,
  addressField,
  type Field,
  macField,
  namedField,
  nameField,
  numberField,
  numberOfAddress,
  unknownField,
} from './values.ts'

const IPPROTO = { udp: 17, igmp: 2, icmpv6: 58 } as const
const CHANGEABLE = new Set(['daddr', 'saddr', 'dport', 'sport', 'ttl', 'hoplimit', 'dscp'])

/** The Ethernet address of a group: RFC 1112 6.4, RFC 2464 7 */
function groupMac(destination: string): bigint | undefined {
  const address = numberOfAddress(destination)
  if (address === undefined) return undefined
  return isIpv6(destination) ? 0x3333_0000_0000n | (address & 0xffff_ffffn) : 0x0100_5e00_0000n | (address & 0x7f_ffffn)
}

function ipField(field: string, packet: FilteredPacket, state: PacketState): Field {
  switch (field) {
    case 'saddr':
      return addressField(packet.source, 'the source')
    case 'daddr':
      return addressField(packet.destination, 'the destination')
    case 'protocol':
      return namedField(IPPROTO[packet.protocol], PROTOCOL_NUMBERS)
    case 'nexthdr':
      // MLD has a hop-by-hop header with the router alert: RFC 3810 5
      return namedField(packet.protocol === 'icmpv6' ? 0 : IPPROTO[packet.protocol], PROTOCOL_NUMBERS)
    case 'ttl':
    case 'hoplimit':
      return numberField(packet.hopLimit, 'the hop limit')
    case 'version':
      return numberField(packet.family === 'ipv4' ? 4 : 6, field)
    case 'frag-off':
      // Datagrams are put together before the input hook.
      return numberField(packet.fragmented === false || state.hook === 'input' ? 0 : undefined, 'fragments')
    default:
      return unknownField(`ip ${field}`)
  }
}

function payloadField({ protocol, field }: Fields, packet: FilteredPacket, state: PacketState): Field {
  if (typeof protocol !== 'string' || typeof field !== 'string') return unknownField('raw payload')
  const own = protocol === 'th' ? packet.protocol : protocol
  if (CHANGEABLE.has(field) && state.rewritten.has(field))
    return unknownField(`${protocol} ${field}, which a rule has set`)
  switch (own) {
    case 'ip':
    case 'ip6':
      return (own === 'ip') === (packet.family === 'ipv4') ? ipField(field, packet, state) : ABSENT
    case 'udp':
      if (packet.protocol !== 'udp') return ABSENT
      if (field === 'dport') return numberField(packet.destinationPort, 'the port')
      if (field === 'sport') return numberField(packet.sourcePort, 'the source port')
      return unknownField(`udp ${field}`)
    case 'igmp':
    case 'icmpv6':
      if (packet.protocol !== own) return ABSENT
      if (field === 'type' && packet.messageType !== undefined) return namedField(packet.messageType, MESSAGE_TYPES)
      return unknownField(`${own} ${field}`)
    case 'ether': {
      const mac = groupMac(packet.destination)
      if (field === 'daddr' && mac !== undefined && !packet.interface.isLoopback) return macField(mac)
      if (field === 'type') return namedField(packet.family === 'ipv4' ? 0x0800 : 0x86dd, ETHERTYPES)
      return unknownField(`ether ${field}`)
    }
    case 'vlan':
      return unknownField(`vlan ${field}`)
    default:
      // A match on another protocol's header implies that protocol.
      return ABSENT
  }
}

function metaField(key: unknown, packet: FilteredPacket, state: PacketState): Field {
  const incoming = packet.direction === 'in'
  const { group } = packet.interface
  const own = state.interfaceNames.length === 1 && state.interfaceNames[0] === packet.interface.name
  switch (key) {
    case 'nfproto':
      return namedField(packet.family === 'ipv4' ? 2 : 10, { ipv4: 2, ipv6: 10 })
    case 'protocol':
      return namedField(packet.family === 'ipv4' ? 0x0800 : 0x86dd, ETHERTYPES)
    case 'l4proto':
      return namedField(IPPROTO[packet.protocol], PROTOCOL_NUMBERS)
    case 'pkttype':
      return namedField(packetTypeNumber(packet), PACKET_TYPES)
    case 'mark':
      return numberField(state.mark, 'the mark')
    case 'iif':
    case 'iifname':
    case 'oif':
    case 'oifname':
      // nft lists an index as its interface's name. At a hook that has no such interface, the name is empty.
      return String(key).startsWith('i') === incoming ? nameField(...state.interfaceNames) : nameField('')
    case 'iifgroup':
    case 'oifgroup':
      if (String(key).startsWith('i') !== incoming) return ABSENT
      return group === undefined || !own ? unknownField(`meta ${key}`) : namedField(group, { default: 0 })
    default:
      return unknownField(`meta ${String(key)}`)
  }
}

function fibField({ result, flags }: Fields, packet: FilteredPacket): Field {
  const asked = Array.isArray(flags) ? flags : [flags]
  if (result === 'type' && asked.includes('daddr')) return namedField(5, ADDRESS_TYPES)
  if (result === 'type') return unknownField('fib saddr type')
  if (asked.includes('daddr')) return unknownField('fib daddr')
  const { routeToSource } = packet
  if (routeToSource === undefined) return unknownField('the route to the source')
  // 1 stands for an interface that was found, as the rule's `exists` does.
  if (routeToSource === 'none') return numberField(0, '')
  if (routeToSource === 'same') return numberField(1, '')
  return asked.includes('iif') ? unknownField('the route to the source') : numberField(1, '')
}

/** The field of the datagram that an expression names. */
export function fieldOf(expression: unknown, packet: FilteredPacket, state: PacketState): Field {
  if (!isFields(expression)) return unknownField(JSON.stringify(expression))
  const [[kind, inner] = ['', undefined]] = Object.entries(expression)
  if (kind === 'concat' && Array.isArray(inner))
    return { kind: 'list', parts: inner.map((part) => fieldOf(part, packet, state)) }
  if (kind === '&' && Array.isArray(inner)) return maskedField(inner, packet, state)
  if (!isFields(inner)) return unknownField(kind)
  switch (kind) {
    case 'payload':
      return payloadField(inner, packet, state)
    case 'meta':
      return metaField(inner.key, packet, state)
    case 'fib':
      return fibField(inner, packet)
    case 'ct':
      if (inner.key === 'state')
        return state.connection === undefined ? unknownField('ct state') : nameField(state.connection)
      return unknownField(`ct ${String(inner.key)}`)
    case 'numgen':
      return typeof inner.mod === 'number' && inner.mod > 0
        ? { kind: 'dice', mod: inner.mod, offset: typeof inner.offset === 'number' ? inner.offset : 0 }
        : unknownField(kind)
    default:
      return unknownField(typeof inner.name === 'string' ? `${kind} ${inner.name}` : kind)
  }
}

/** A field of which a rule looks only at some bits: `meta mark & 0xff`. */
function maskedField([of, mask]: unknown[], packet: FilteredPacket, state: PacketState): Field {
  const field = fieldOf(of, packet, state)
  if (field.kind !== 'number')
    return field.kind === 'absent' ? field : unknownField(field.kind === 'unknown' ? field.what : 'a mask')
  const bits = field.read(mask)
  return bits === undefined ? unknownField(`the mask ${JSON.stringify(mask)}`) : { ...field, value: field.value & bits }
}
