// The interface, hop limit and loopback of multicast that a socket sends: one call for IPv4 and IPv6.

import { interfaceSpec, mustBe, whole } from '../base/check-fields.ts'
import { getNow, setNow } from '../calls/call-now.ts'
import type { DescriptorOwner, SocketHandle } from '../calls/socket-handle.ts'
import { isIpv6Socket, kindOf, takesIpv4 } from '../calls/socket-kind.ts'
import { type Interface, interfaceFromNative, loopbackSource } from '../net/interfaces.ts'
import { lookUp, lookUpIndex } from '../net/route-lookup.ts'
import { type AnyOption, partsOf } from '../options/option.ts'
import { IP_MULTICAST_IF, IP_MULTICAST_LOOP, IP_MULTICAST_TTL } from '../options/table/ip.ts'
import { IPV6_MULTICAST_HOPS, IPV6_MULTICAST_IF, IPV6_MULTICAST_LOOP } from '../options/table/ipv6.ts'

/** The same call for IPv4 and IPv6; a dual-stack socket sends both, so both are set. */
export interface MulticastSettings {
  /**
   * By name, index or local address; 0 lets the kernel choose. `IP_MULTICAST_IF`, `IPV6_MULTICAST_IF`.
   * @throws SocketOptionError as a rejection: `no-interface`, `bad-value`, `unsupported`, `closed`
   */
  setMulticastInterface(nameOrIndexOrAddress: string | number): Promise<void>
  /**
   * `undefined`: the kernel chooses. IPv4 set by index through another library can't be read back.
   * @throws SocketOptionError as a rejection: `unsupported`, `closed`
   */
  getMulticastInterface(): Promise<Interface | undefined>
  /**
   * 0 to 255; default 1. `IP_MULTICAST_TTL`, `IPV6_MULTICAST_HOPS`.
   * @throws SocketOptionError as a rejection: `bad-value`, `unsupported`, `closed`
   */
  setMulticastHops(hops: number): Promise<void>
  /**
   * The hops that multicast may take: 0 to 255.
   * @throws SocketOptionError as a rejection: `unsupported`, `closed`
   */
  getMulticastHops(): Promise<number>
  /**
   * Whether this host's members get what this socket sends; default true. `IP_MULTICAST_LOOP`, `IPV6_MULTICAST_LOOP`.
   * @throws SocketOptionError as a rejection: `bad-value`, `unsupported`, `closed`
   */
  setMulticastLoopback(on: boolean): Promise<void>
  /**
   * Whether this host's members get what this socket sends.
   * @throws SocketOptionError as a rejection: `unsupported`, `closed`
   */
  getMulticastLoopback(): Promise<boolean>
}

export function createMulticastSettings(socket: SocketHandle): MulticastSettings & { remember(index: number): void } {
  // The kernel answers IP_MULTICAST_IF with an address only: an index that was set can't be read back.
  let remembered: { owner: DescriptorOwner; index: number } | undefined
  const remember = (index: number): void => {
    remembered = { owner: socket.owner(), index }
  }

  const setBoth = (ipv4: AnyOption, ipv6: AnyOption, value: unknown): void => {
    const owner = socket.owner()
    const isIpv6 = isIpv6Socket(kindOf(owner))
    if (isIpv6) setNow(owner.fd, partsOf(ipv6), value)
    if (!isIpv6 || (process.platform === 'linux' && takesIpv4(owner))) setNow(owner.fd, partsOf(ipv4), value)
  }
  const get = (ipv4: AnyOption, ipv6: AnyOption): unknown => {
    const owner = socket.owner()
    return getNow(owner.fd, partsOf(isIpv6Socket(kindOf(owner)) ? ipv6 : ipv4), undefined)
  }

  // A lookup takes a while: later calls wait, so that none overtakes an earlier one.
  let last: Promise<unknown> | undefined
  const inTurn = <T>(ask: () => Promise<T>): Promise<T> => {
    const answer = last === undefined ? ask() : last.then(ask)
    const settled = answer
      .catch(() => {})
      .then(() => {
        if (last === settled) last = undefined
      })
    last = settled
    return answer
  }

  return {
    remember,
    setMulticastInterface: (spec) =>
      inTurn(async () => {
        const owner = socket.owner()
        mustBe(interfaceSpec, 'the interface', spec)
        const index = await lookUpIndex(spec)
        setBoth(IP_MULTICAST_IF, IPV6_MULTICAST_IF, index)
        const source = loopbackSource(index, spec)
        if (source !== undefined && !isIpv6Socket(kindOf(owner))) setNow(owner.fd, partsOf(IP_MULTICAST_IF), source)
        remember(index)
      }),
    getMulticastInterface: () =>
      inTurn(async () => {
        const owner = socket.owner()
        const answer = get(IP_MULTICAST_IF, IPV6_MULTICAST_IF) as string | number
        let matches: (raw: { index: number; addresses: { address: string }[] }) => boolean
        if (typeof answer === 'string' && answer !== '0.0.0.0')
          matches = ({ addresses }) => addresses.some(({ address }) => address === answer)
        else {
          const index = typeof answer === 'number' ? answer : remembered?.owner === owner ? remembered.index : 0
          if (index === 0) return undefined
          matches = (raw) => raw.index === index
        }
        const raw = (await lookUp()).interfaces.find(matches)
        return raw && interfaceFromNative(raw)
      }),
    setMulticastHops: async (hops) => {
      mustBe(whole(0, 255), 'the hop limit', hops)
      setBoth(IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS, hops)
    },
    getMulticastHops: async () => get(IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS) as number,
    setMulticastLoopback: async (on) => setBoth(IP_MULTICAST_LOOP, IPV6_MULTICAST_LOOP, on),
    getMulticastLoopback: async () => get(IP_MULTICAST_LOOP, IPV6_MULTICAST_LOOP) as boolean,
  }
}
