// Why the kernel passes over a query of IGMP or MLD that a packet socket sees.

import type { Datagram } from '../../index.ts'
import { isOfOneLink } from '../../net/address.ts'
import type { MembershipPacket } from '../../protocols/membership-packet.ts'

/** Why the kernel does not take a query; undefined if it does. */
export function whyUntaken(frame: Datagram<'packet'>, packet: MembershipPacket): string | undefined {
  if (frame.vlan !== undefined && frame.vlan.id > 0) return `it is tagged with VLAN ${frame.vlan.id}`
  if (frame.source.packetType === 'otherhost') return "it is sent to another host's hardware address"
  if (packet.message.type !== 'query') return undefined
  if (packet.message.checksum === 'bad') return 'its checksum is wrong'
  if (packet.message.protocol === 'MLD' && !isOfOneLink(packet.source)) return 'its source is no link-local address'
  if (packet.message.protocol === 'MLD' && packet.hopLimit !== 1) return `its hop limit is ${packet.hopLimit}, not 1`
  return undefined
}
