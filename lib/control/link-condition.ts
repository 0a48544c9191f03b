// What the state of an interface means for memberships on it.
import type { LinkState } from '../kernel/link-table.ts'
import { canonical, type IpFamily, withoutZone, zoneOf } from '../net/address.ts'
import type { ChannelReason } from './keep-options.ts'

/** The interfaces there are, by index. */
export type Links = ReadonlyMap<number, LinkState>

/** Bits of `LinkState.flags`, of net/if.h. */
const IFF_UP = 0x1
const IFF_LOOPBACK = 0x8
const IFF_RUNNING = 0x40
const IFF_MULTICAST = 0x1000

/** The kernel takes a family off an interface with a smaller MTU, and forgets its memberships there. */
const LEAST_MTU: Readonly<Record<IpFamily, number>> = { ipv4: 68, ipv6: 1280 }

/** Masters that leave an interface its own datagrams. */
const SHARING_MASTERS = ['vrf']

/** Whether the kernel forgets a family's memberships on an interface in this state, and takes none. */
export const forgets = (link: LinkState | undefined, family: IpFamily): boolean =>
  link === undefined || (link.mtu > 0 && link.mtu < LEAST_MTU[family])

/** Why nothing arrives by an interface in this state; undefined if datagrams do. */
export function impediment(link: LinkState | undefined, family: IpFamily, isTaken: boolean): ChannelReason | undefined {
  if (link === undefined) return 'interface-removed'
  if (family === 'ipv6' && forgets(link, family)) return 'ipv6-off'
  if ((link.flags & IFF_UP) === 0 || (link.flags & IFF_RUNNING) === 0 || forgets(link, family)) return 'interface-down'
  if (isTaken) return 'enslaved'
  return family === 'ipv6' && link.ipv6Off === true ? 'ipv6-off' : undefined
}

/** Whether another interface takes the datagrams of this one. */
export const isTakenByMaster = (link: LinkState | undefined, links: Links): boolean =>
  link?.master !== undefined && !SHARING_MASTERS.includes(links.get(link.master)?.kind ?? '')

/** Whether a channel of every interface is joined on this one. */
export const isForEvery = (link: LinkState, links: Links, family: IpFamily): boolean =>
  (link.flags & (IFF_MULTICAST | IFF_LOOPBACK)) === IFF_MULTICAST &&
  !forgets(link, family) &&
  !isTakenByMaster(link, links)

/** The interface that has a local address, which may have a zone. */
export function linkWithAddress(links: Links, address: string): LinkState | undefined {
  const wanted = withoutZone(canonical(address) ?? address)
  const zone = zoneOf(address)
  for (const link of links.values()) {
    if (zone !== undefined && zone !== link.name && zone !== String(link.index)) continue
    if (link.addresses.some((own) => own.address === wanted)) return link
  }
  return undefined
}
