// Codecs of multicast routing: the interfaces and the routes of a multicast router.

import { badValue, show } from '../../base/errors.ts'
import { isMulticast } from '../../net/address.ts'
import { type Codec, wrongFields } from './codec.ts'
import { type Struct, structOf } from './layout.ts'
import { bitSet, inAddrMember, interfaceMember, numberFrom, numbersMember, sockaddrIn6Member } from './member.ts'
import { indexOf, isAddress, wrongInterface } from './multicast-target.ts'
import { enumeration, flags } from './names.ts'

/** The kernel keeps so many interfaces of a multicast router: MAXVIFS, MAXMIFS. */
const MAX_VIFS = 32
const vifNumber = numberFrom('u16', 0, MAX_VIFS - 1)

const VIFF_TUNNEL = 1
const VIFF_REGISTER = 4
const VIFF_USE_IFINDEX = 8
const MIFF_REGISTER = 1

/** `struct vifctl`: an interface of an IPv4 multicast router. */
export interface Vif {
  /** Its number in the router, 0 to 31: what routes name the interface by. */
  vifi: number
  /** A name, an index or a local IPv4 address. Only the number matters when the interface is taken away. */
  interface?: string | number | undefined
  /** The IPv4 address of the other end of an IP-in-IP tunnel, whose near end is `interface`, a local address. `VIFF_TUNNEL` */
  remote?: string | undefined
  /** The interface of PIM's registers, which has no device. `VIFF_REGISTER` */
  register?: boolean | undefined
  /** Kept by the kernel and told in netlink; routes have thresholds of their own. Default 1. */
  threshold?: number | undefined
  /** Without effect in Linux. Default 0. */
  rate_limit?: number | undefined
}

/** `struct mif6ctl`: an interface of an IPv6 multicast router. */
export interface Mif {
  /** Its number in the router, 0 to 31: what routes name the interface by. */
  mifi: number
  /** A name or an index, 65535 at most. Only the number matters when the interface is taken away. */
  interface?: string | number | undefined
  /** The interface of PIM's registers, which has no device. `MIFF_REGISTER` */
  register?: boolean | undefined
  /** Without effect in Linux. Default 1. */
  threshold?: number | undefined
  /** Without effect in Linux. Default 0. */
  rate_limit?: number | undefined
}

/** `struct mfcctl`: a route of an IPv4 multicast router. */
export interface Mfc {
  /**
   * The address that the packets come from; 0.0.0.0 for any: then the interfaces that `ttls` names are those that packets
   * come in by too, `parent` not by itself. Default 0.0.0.0.
   */
  source?: string | undefined
  /** The group that the packets go to; 0.0.0.0 for any. */
  group: string
  /** The number of the interface that the packets come in by. */
  parent: number
  /** For each interface, by its number, a threshold: packets of a greater TTL go out there; none if it is 0, 255 or left out. */
  ttls?: readonly number[] | undefined
}

/** `struct mf6cctl`: a route of an IPv6 multicast router. */
export interface Mf6c {
  /**
   * The address that the packets come from; :: for any: then the interfaces of `ifset` are those that packets come in by
   * too, `parent` not by itself. Default ::.
   */
  source?: string | undefined
  /** The group that the packets go to; :: for any. */
  group: string
  /** The number of the interface that the packets come in by. */
  parent: number
  /** The numbers of the interfaces that the packets go out by. */
  ifset?: readonly number[] | undefined
}

const isFlag = (value: unknown): boolean => value === undefined || typeof value === 'boolean'
const wrongFlag = (value: unknown): string => (isFlag(value) ? '' : `register is ${show(value)}, not true or false`)

const NO_REMOTE = '0.0.0.0'
const vifStruct = structOf(
  {
    vifi: vifNumber,
    flags: 'u8',
    threshold: 'u8',
    rate_limit: 'u32',
    local: interfaceMember,
    remote: inAddrMember,
  },
  { threshold: 1, rate_limit: 0, remote: NO_REMOTE },
)

/** `struct vifctl`. */
export const vifctl: Codec<never, Vif> = {
  expects: '{ vifi, interface?, remote?, register?, threshold?, rate_limit? }',
  read: 'bytes',
  write: 'bytes',
  wrong: (value) => {
    const strange = wrongFields(value, ['vifi', 'interface', 'remote', 'register', 'threshold', 'rate_limit'])
    if (strange !== '') return strange
    const { interface: on, register, ...rest } = value as Record<string, unknown>
    if (rest.remote !== undefined && !isAddress(on))
      return `interface is ${show(on)}: the near end of a tunnel is a local IPv4 address`
    return (
      wrongInterface(on, 'either') ||
      wrongFlag(register) ||
      vifStruct.wrong({ ...rest, flags: 0, local: 0 } satisfies Record<string, unknown>)
    )
  },
  toNative: ({ interface: on = NO_REMOTE, register, ...rest }) =>
    vifStruct.toNative({
      ...rest,
      flags:
        (rest.remote === undefined ? 0 : VIFF_TUNNEL) |
        (register === true ? VIFF_REGISTER : 0) |
        (isAddress(on) ? 0 : VIFF_USE_IFINDEX),
      local: on,
    }),
  fromNative: (bytes) => vifStruct.fromNative(bytes) as never,
}

const mifStruct = structOf(
  { mifi: vifNumber, flags: 'u8', threshold: 'u8', pifi: 'u16', rate_limit: 'u32' },
  { threshold: 1, rate_limit: 0 },
)
const MOST_INDEX = 0xffff

/** `struct mif6ctl`, which has 16 bits for the index of the interface. */
export const mif6ctl: Codec<never, Mif> = {
  expects: '{ mifi, interface?, register?, threshold?, rate_limit? }',
  read: 'bytes',
  write: 'bytes',
  wrong: (value) => {
    const strange = wrongFields(value, ['mifi', 'interface', 'register', 'threshold', 'rate_limit'])
    if (strange !== '') return strange
    const { interface: on, register, ...rest } = value as Record<string, unknown>
    if (typeof on === 'number' && on > MOST_INDEX) return `interface is ${on}: its index is at most ${MOST_INDEX}`
    return wrongInterface(on, 'index') || wrongFlag(register) || mifStruct.wrong({ ...rest, flags: 0, pifi: 0 })
  },
  toNative: ({ interface: on, register, ...rest }) => {
    const pifi = indexOf(on)
    if (pifi > MOST_INDEX)
      throw badValue(`interface ${show(on)} has index ${pifi}: struct mif6ctl has room for ${MOST_INDEX} at most`)
    return mifStruct.toNative({ ...rest, flags: register === true ? MIFF_REGISTER : 0, pifi })
  },
  fromNative: (bytes) => mifStruct.fromNative(bytes) as never,
}

const mfcStruct = structOf(
  {
    source: inAddrMember,
    group: inAddrMember,
    parent: vifNumber,
    ttls: numbersMember('u8', MAX_VIFS),
    pkt_cnt: 'u32',
    byte_cnt: 'u32',
    wrong_if: 'u32',
    expire: 'i32',
  },
  { source: '0.0.0.0', ttls: [], pkt_cnt: 0, byte_cnt: 0, wrong_if: 0, expire: 0 },
)

const mf6cStruct = structOf(
  { source: sockaddrIn6Member, group: sockaddrIn6Member, parent: vifNumber, ifset: bitSet(256, MAX_VIFS) },
  { source: '::', ifset: [] },
)

/** A route without the fields that only the kernel would fill. */
const route = <W>(whole: Struct<never, W> | Struct<unknown, W>, names: string[], any: string): Codec<never, W> => ({
  expects: `{ ${names.join(', ')} }`,
  read: 'bytes',
  write: 'bytes',
  wrong: (value) => {
    const strange = wrongFields(
      value,
      names.map((name) => name.replace('?', '')),
    )
    if (strange !== '') return strange
    const { source, group } = value as { source?: unknown; group?: unknown }
    if (typeof group === 'string' && group !== any && !isMulticast(group))
      return `group is ${show(group)}, not a multicast address, nor ${any} for any`
    if (typeof source === 'string' && isMulticast(source)) return `source is ${show(source)}, which no host sends from`
    return whole.wrong(value)
  },
  toNative: whole.toNative,
  fromNative: (bytes) => whole.fromNative(bytes) as never,
})

/** `struct mfcctl`. */
export const mfcctl: Codec<never, Mfc> = route(mfcStruct, ['source?', 'group', 'parent', 'ttls?'], '0.0.0.0')

/** `struct mf6cctl`. */
export const mf6cctl: Codec<never, Mf6c> = route(mf6cStruct, ['source?', 'group', 'parent', 'ifset?'], '::')

/** Which of a router's interfaces and routes to take away; `static` are those with which a program said so. */
export const mrtFlush = flags({ mfc: 1, 'mfc-static': 2, vifs: 4, 'vifs-static': 8 })

/** As `mrtFlush`, of IPv6. */
export const mrt6Flush = flags({ mfc: 1, 'mfc-static': 2, mifs: 4, 'mifs-static': 8 })

/** Whether PIM is on; with `wrong-interface` whole packets that came in by another interface are told too. Reads `on` for both. */
export const mrtPim = enumeration({ off: 0, on: 1, 'wrong-interface': 4 })
