// Mends the methods of a dgram socket of IPv6 whose descriptor libuv was given.

import type { Socket } from 'node:dgram'
import { mustBe, whole } from '../base/check-fields.ts'
import type { SocketControl } from '../control/control.ts'
import { interfaceOfZone, withoutZone, zoneOf } from '../net/address.ts'
import { interfaceByNameOrIndex } from '../net/interfaces.ts'
import type { Option } from '../options/option.ts'
import { IPV6_MULTICAST_HOPS, IPV6_MULTICAST_LOOP, IPV6_UNICAST_HOPS } from '../options/table/ipv6.ts'

/** libuv reads a zone as a name only, and takes an unknown zone for "any interface", without an error. */
function zoneByName(address: unknown): unknown {
  const zone = typeof address === 'string' ? zoneOf(address) : undefined
  if (zone === undefined) return address
  const found = interfaceByNameOrIndex(interfaceOfZone(zone))
  return `${withoutZone(address as string)}%${found?.name ?? zone}`
}

type Method = (...given: unknown[]) => unknown

/**
 * Makes the methods of a udp6 socket act on IPv6. libuv takes a descriptor it is given for IPv4: setTTL, setMulticastTTL
 * and setMulticastLoopback then set IPv4's options and report success (libuv/libuv#4551).
 */
export function actOnIpv6(socket: Socket, control: SocketControl): void {
  const setHops = (method: string, option: Option<number>, least: number) => (ttl: unknown) => {
    mustBe(whole(least, 255), `${method}: ttl`, ttl, option.name)
    control.setSync(option, ttl)
    return ttl
  }
  const methods: Record<string, Method> = {
    setTTL: setHops('setTTL', IPV6_UNICAST_HOPS, 1),
    setMulticastTTL: setHops('setMulticastTTL', IPV6_MULTICAST_HOPS, 0),
    setMulticastLoopback: (on) => {
      control.setSync(IPV6_MULTICAST_LOOP, Boolean(on))
      return on
    },
  }
  // The address of the interface is the last argument.
  for (const [name, arity] of [
    ['setMulticastInterface', 1],
    ['addMembership', 2],
    ['dropMembership', 2],
    ['addSourceSpecificMembership', 3],
    ['dropSourceSpecificMembership', 3],
  ] as const) {
    const own = (socket[name] as Method).bind(socket)
    methods[name] = (...given) => {
      const last = arity - 1
      return own(...given.slice(0, last), zoneByName(given[last]))
    }
  }
  for (const [name, value] of Object.entries(methods))
    Object.defineProperty(socket, name, { value, configurable: true, writable: true })
}
