// What this host takes off the wire, by its settings at this moment.

import { interfaces } from '../../../index.ts'
import { formatAddress, parseAddress, withoutZone } from '../../../net/address.ts'
import type { HostRules } from './frame.ts'
import { sysctl } from './system.ts'

/** The broadcast address of a network of IPv4; undefined of one that has none. */
function broadcastOf(address: string, prefix: number): string | undefined {
  const bytes = parseAddress(address)?.bytes
  if (bytes?.length !== 4 || prefix > 30) return undefined
  const hostBits = (2 ** (32 - prefix) - 1) >>> 0
  return formatAddress(bytes.map((byte, at) => byte | ((hostBits >>> (24 - 8 * at)) & 255)))
}

export function hostRules(): HostRules {
  const all = interfaces()
  const byIndex = new Map(all.map((one) => [one.index, one]))
  const settings = new Map<string, boolean>()
  const setting = (index: number, name: string, any: boolean): boolean => {
    const key = `${index} ${name}`
    const known = settings.get(key)
    if (known !== undefined) return known
    const of = (scope: string): boolean => (sysctl(`net/ipv4/conf/${scope}/${name}`) ?? 0) > 0
    const own = of(byIndex.get(index)?.name ?? '')
    const value = any ? own || of('all') : own
    settings.set(key, value)
    return value
  }
  const broadcasts = new Set(
    all.flatMap(({ addresses }) => addresses.flatMap((one) => broadcastOf(one.address, one.prefixLength) ?? [])),
  )
  return {
    isRefusedBroadcast: (source, index) => broadcasts.has(source) && setting(index, 'rp_filter', true),
    addresses: new Set(all.flatMap(({ addresses }) => addresses.map(({ address }) => withoutZone(address)))),
    isLoopback: (index) => byIndex.get(index)?.flags.loopback === true,
    acceptsLocal: (index) => setting(index, 'accept_local', true),
    routesLocalnet: (index) => setting(index, 'route_localnet', true),
  }
}
