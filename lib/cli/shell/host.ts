// A host that was given by address or name: its address, and whether that is a broadcast address.

import { interfaces } from '../../index.ts'
import { canonical, familyOf, isMulticast, isOfOneLink, parseAddress, zoneOf } from '../../net/address.ts'
import { hostAddress } from '../../net/resolve-host.ts'
import { printWarning, UsageError } from './failure.ts'
import { findInterface } from './interface-option.ts'
import type { Output } from './output.ts'

/** The address of a host. A name is looked up, and its address is said: on stderr, or as an event. */
export async function lookUpHost(out: Output, host: string): Promise<string> {
  const address = await hostAddress(host)
  if (canonical(host) !== undefined) return address
  if (out.json) out.object({ event: 'resolved', host, address })
  else printWarning(`${host} is ${address}`)
  if (isMulticast(address)) throw new UsageError(`${host} is the group ${address}: give the group itself`)
  return address
}

/** A link-local address without a zone gets the one of -i. */
export function withZone(address: string, on: string | number | undefined): string {
  if (on === undefined || zoneOf(address) !== undefined || familyOf(address) === 'ipv4' || !isOfOneLink(address))
    return address
  return `${address}%${findInterface(on).name}`
}

const LIMITED_BROADCAST = '255.255.255.255'

const numberOf = (address: string): number => Buffer.from(parseAddress(address)?.bytes ?? [0, 0, 0, 0]).readUInt32BE()

/** Whether an address is 255.255.255.255, or the last one of a network that an interface of this host is in. */
export function isBroadcast(address: string): boolean {
  if (address === LIMITED_BROADCAST) return true
  if (familyOf(address) === 'ipv6') return false
  const wanted = numberOf(address)
  return interfaces().some(({ addresses }) =>
    addresses.some((own) => {
      // Networks of one or two addresses have no broadcast address. RFC 3021
      if (own.family === 'ipv6' || own.prefixLength > 30) return false
      const hostBits = 2 ** (32 - own.prefixLength) - 1
      return wanted === (numberOf(own.address) | hostBits) >>> 0
    }),
  )
}
