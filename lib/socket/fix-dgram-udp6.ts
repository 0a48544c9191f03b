// Mends the methods of a dgram socket of IPv6 whose descriptor libuv was given.

import type { Socket } from 'node:dgram'
import { constants } from 'node:os'
import type { SocketControl } from '../control/control.ts'
import { interfaceOfZone, withoutZone, zoneOf } from '../net/address.ts'
import { interfaceByNameOrIndex } from '../net/interfaces.ts'
import type { Option } from '../options/option.ts'
import { IPV6_MULTICAST_HOPS, IPV6_MULTICAST_LOOP, IPV6_UNICAST_HOPS } from '../options/table/ipv6.ts'

/** libuv reads a zone as a name only, and takes an unknown zone for "any interface", without an error. */
function zoneByName(method: string, address: unknown): unknown {
  const zone = typeof address === 'string' ? zoneOf(address) : undefined
  if (zone === undefined) return address
  try {
    const found = interfaceByNameOrIndex(interfaceOfZone(zone))
    return `${withoutZone(address as string)}%${found?.name ?? zone}`
  } catch (error) {
    throw Object.assign(new Error(`${method} ENODEV`, { cause: error }), {
      errno: -constants.errno.ENODEV,
      code: 'ENODEV',
      syscall: method,
    })
  }
}

type Method = (...given: unknown[]) => unknown

/**
 * Makes the methods of a udp6 socket act on IPv6. libuv takes a descriptor it is given for IPv4: setTTL, setMulticastTTL
 * and setMulticastLoopback then set IPv4's options and report success (libuv/libuv#4551).
 */
export function actOnIpv6(socket: Socket, control: SocketControl): void {
  // What dgram refuses, its own method is given, which throws the error that users of dgram know, and sets nothing.
  const setHops = (method: 'setTTL' | 'setMulticastTTL', option: Option<number>, least: number): Method => {
    const own = (socket[method] as Method).bind(socket)
    return (ttl) => {
      const hops = Math.trunc(ttl as number)
      if (typeof ttl !== 'number' || !(hops >= least && hops <= 255) || isClosed()) return own(ttl)
      control.setSync(option, hops)
      return ttl
    }
  }
  const isClosed = (): boolean => {
    try {
      return control.fd < 0
    } catch {
      return true
    }
  }
  const setLoopback = (socket.setMulticastLoopback as Method).bind(socket)
  const methods: Record<string, Method> = {
    setTTL: setHops('setTTL', IPV6_UNICAST_HOPS, 1),
    setMulticastTTL: setHops('setMulticastTTL', IPV6_MULTICAST_HOPS, 0),
    setMulticastLoopback: (on) => {
      if (isClosed()) return setLoopback(on)
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
      return own(...given.slice(0, last), zoneByName(name, given[last]))
    }
  }
  for (const [name, value] of Object.entries(methods))
    Object.defineProperty(socket, name, { value, configurable: true, writable: true })
}
