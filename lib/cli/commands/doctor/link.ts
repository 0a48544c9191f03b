// Whether the interface is a bridge, or a port of one, and what the bridge knows.

import { isIpv6 } from '../../../net/address.ts'
import { askProgram } from './program.ts'

export interface Bridge {
  /** True if the bridge forwards groups by the IGMP and MLD reports it hears. */
  readonly snoops: boolean
  /** True if the bridge sends queries itself. */
  readonly asks: boolean
  /** The groups the bridge knows this host to listen to; undefined if it does not tell. */
  readonly groups: readonly string[] | undefined
  /** Ports that forward nothing yet, or no more, with their state: `listening`, `learning`, `blocking`, `disabled`. */
  readonly stuckPorts: readonly { readonly name: string; readonly state: string }[]
  /** The names of all ports. */
  readonly ports: readonly string[]
}

export interface BridgePort {
  /** The bridge, bond or team that the interface is a port of. */
  readonly master: string | undefined
  /** The interface as a bridge, if it is one. */
  readonly bridge: Bridge | undefined
  /** The device below a macvlan, a VLAN and the like, and what the kernel calls this one: `macvlan source`. */
  readonly lower?: { readonly name: string; readonly kind: string }
  /** Whether an XDP program sees the frames first. */
  readonly hasXdp?: boolean
  /** Whether nobody could tell: iproute2 is not installed. */
  readonly isUnseen?: boolean
}

interface IpLink {
  master?: string
  /** The name of the device below. */
  link?: string
  xdp?: unknown
  linkinfo?: {
    info_kind?: string
    info_slave_kind?: string
    info_data?: { mcast_snooping?: number; mcast_querier?: number; mode?: string }
  }
}

/** The kinds of ports whose incoming packets count as their master's. */
const PORT_KINDS = ['bridge', 'bond', 'team']

/** What a program lists as JSON; undefined if it lists nothing that can be read. */
async function listOf<T>(program: string, args: string[]): Promise<T[] | undefined> {
  try {
    return JSON.parse((await askProgram(program, args)) ?? '') as T[]
  } catch {
    return undefined
  }
}

const askList = async <T>(program: string, ...args: string[]): Promise<T[]> => (await listOf<T>(program, args)) ?? []

async function bridgeGroups(name: string): Promise<string[] | undefined> {
  const [found] = await askList<{ mdb?: { port: string; grp: string }[] }>(
    'bridge',
    '-json',
    'mdb',
    'show',
    'dev',
    name,
  )
  return found?.mdb?.filter(({ port }) => port === name).map(({ grp }) => grp)
}

interface BridgeLink {
  ifname: string
  master?: string
  state?: string
}

async function portsOf(name: string): Promise<Pick<Bridge, 'stuckPorts' | 'ports'>> {
  const ports = (await askList<BridgeLink>('bridge', '-json', 'link', 'show')).filter(({ master }) => master === name)
  const stuckPorts = ports.flatMap(({ ifname, state = 'forwarding' }) =>
    state === 'forwarding' ? [] : [{ name: ifname, state }],
  )
  return { stuckPorts, ports: ports.map(({ ifname }) => ifname) }
}

/** The kind of the route to an address, if it is one that drops: `unreachable`, `blackhole`, `prohibit`. */
export async function droppingRouteTo(address: string): Promise<string | undefined> {
  const routes = await askList<{ dst: string; type?: string }>(
    'ip',
    '-json',
    ...(isIpv6(address) ? ['-6'] : []),
    'route',
    'show',
    'match',
    address,
  )
  const length = ({ dst }: { dst: string }): number =>
    dst === 'default' ? 0 : Number(dst.split('/')[1] ?? (isIpv6(address) ? 128 : 32))
  const [nearest] = routes.toSorted((a, b) => length(b) - length(a))
  return nearest?.type
}

/** Whether multicast of IPv6 has a route by an interface; undefined if ip(8) does not tell. */
export async function hasGroupRoute(name: string): Promise<boolean | undefined> {
  const words = ['-json', '-6', 'route', 'show', 'table', 'local', 'root', 'ff00::/8']
  return (await listOf<{ dev?: string }>('ip', words))?.some(({ dev }) => dev === name)
}

/**
 * Reads the state from ip(8) and bridge(8). /sys may tell that of another network namespace: the one it was mounted in.
 */
export async function linkOf(name: string): Promise<BridgePort> {
  const links = await listOf<IpLink>('ip', ['-json', '-details', 'link', 'show', 'dev', name])
  const [{ master, link, xdp, linkinfo = {} } = {}] = links ?? []
  const { info_kind: kind, info_slave_kind: slave = '', info_data: data = {} } = linkinfo
  return {
    master: PORT_KINDS.includes(slave) ? master : undefined,
    bridge:
      kind === 'bridge'
        ? {
            snoops: data.mcast_snooping === 1,
            asks: data.mcast_querier === 1,
            groups: await bridgeGroups(name),
            ...(await portsOf(name)),
          }
        : undefined,
    ...(link !== undefined && { lower: { name: link, kind: [kind, data.mode].filter(Boolean).join(' ') } }),
    hasXdp: xdp !== undefined,
    isUnseen: links === undefined,
  }
}
