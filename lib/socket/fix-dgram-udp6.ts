import type { Socket } from 'node:dgram'
import { mustBe, whole } from '../base/check-fields.ts'
import type { SocketControl } from '../control/control.ts'
import { interfaceOfZone, withoutZone, zoneOf } from '../net/address.ts'
import { interfaceByNameOrIndex } from '../net/interfaces.ts'
import type { Option } from '../options/option.ts'
import { IPV6_MULTICAST_HOPS, IPV6_MULTICAST_LOOP, IPV6_UNICAST_HOPS } from '../options/table/ipv6.ts'

/** libuv reads a zone as a name only, and takes one it does not know for "any interface", without a word. */
function zoneByName(address: unknown): unknown {
  const zone = typeof address === 'string' ? zoneOf(address) : undefined
  if (zone === undefined) return address
  const found = interfaceByNameOrIndex(interfaceOfZone(zone))
  return `${withoutZone(address as string)}%${found?.name ?? zone}`
}

type Method = (...given: unknown[]) => unknown

/**
 * Makes the methods of a udp6 socket act on IPv6. libuv forgets that a descriptor it is given is IPv6: its TTL, multicast
 * TTL and loopback then set IPv4's options and say that all went well (libuv/libuv#4551).
 */
export function actOnIpv6(socket: Socket, control: SocketControl): void {
  const hops = (what: string, option: Option<number>, least: number) => (ttl: unknown) => {
    mustBe(whole(least, 255), `${what}: ttl`, ttl, option.name)
    control.setSync(option, ttl)
    return ttl
  }
  const methods: Record<string, Method> = {
    setTTL: hops('setTTL', IPV6_UNICAST_HOPS, 1),
    setMulticastTTL: hops('setMulticastTTL', IPV6_MULTICAST_HOPS, 0),
    setMulticastLoopback: (on) => {
      control.setSync(IPV6_MULTICAST_LOOP, Boolean(on))
      return on
    },
  }
  // The address of the interface comes last.
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
