// One socket of a receiver: what it has joined, what it has no room for, and what the reader delivers of it.
import { type NativeSocket, native } from '../binding/native.ts'
import { getNow, setNow } from '../calls/call-now.ts'
import { type DescriptorOwner, noDescriptor, type SocketHandle } from '../calls/socket-handle.ts'
import { createControl, type SocketControl } from '../control/control.ts'
import { filterOf } from '../control/filter-state.ts'
import { joinEach } from '../control/join.ts'
import type { Keeper } from '../control/keeper.ts'
import type { ChannelMembership, Membership } from '../control/membership.ts'
import { createMembershipRegistry, type MembershipChange, type MembershipRegistry } from '../control/registry.ts'
import { renewOrEnd } from '../control/renew.ts'
import type { BatchReader } from '../datagram/batch-reader.ts'
import { isIpv6, withoutZone } from '../net/address.ts'
import type { Endpoint } from '../net/socket-address.ts'
import { type AnyOption, partsOf } from '../options/option.ts'
import { SO_MEMINFO } from '../options/table/socket.ts'
import { addressOf } from '../socket/address-of.ts'
import { openAndBind } from '../socket/open-socket.ts'
import type { SocketPlan } from '../socket/socket-spec.ts'
import type { ChannelJoin } from './channel-join.ts'
import { createGroupMap, type GroupMap } from './group-map.ts'

export type GroupFamily = 'ipv4' | 'ipv6'

export const familyOfGroup = (group: string): GroupFamily => (isIpv6(group) ? 'ipv6' : 'ipv4')

/** Is told when a socket has joined a group on an interface, and when it has left it. */
export type GroupChangeListener = (
  group: string,
  interfaceIndex: number,
  isJoined: boolean,
  socket: ReceiverSocket,
) => void

const isWildcard = (address: string): boolean => address === '::' || address === '0.0.0.0'

/** A class, and less than an OwnedSocket: a receiver may have a thousand. */
export class ReceiverSocket implements DescriptorOwner {
  /** How many groups it has joined, each interface counted. */
  readonly groupCounts = { ipv4: 0, ipv6: 0 }
  readonly #socket: NativeSocket = new native.Socket()
  readonly #family: GroupFamily
  readonly #batchReader: BatchReader
  readonly #handle: SocketHandle
  readonly #memberships: MembershipRegistry<ChannelMembership>
  #onGroup: GroupChangeListener | undefined
  #boundTo: string | undefined
  #control: SocketControl | undefined
  #closing: Promise<void> | undefined
  #dropped = 0
  /** Families with no room for a group, and groups on interfaces with no room for a source. */
  #full: Set<string> | undefined
  /** IPv6 channels that are being joined. */
  #joining: GroupMap<Set<ChannelJoin>> | undefined

  constructor(family: GroupFamily, batchReader: BatchReader, onGroup: GroupChangeListener, keeper: Keeper) {
    this.#family = family
    this.#batchReader = batchReader
    this.#onGroup = onGroup
    const owner = (): DescriptorOwner => {
      this.fd
      return this
    }
    this.#handle = { owner, fd: () => this.fd }
    this.#memberships = createMembershipRegistry<ChannelMembership>(owner, renewOrEnd)
    this.#memberships.keeper = keeper
    this.#memberships.onChange = (member, change) => this.#noteMembership(member, change)
  }

  /** Throws if the socket is closed. */
  get fd(): number {
    const { fd } = this.#socket
    if (fd < 0) throw noDescriptor('socket', 'its receiver is closed; open another')
    return fd
  }

  get control(): SocketControl {
    this.#control ??= createControl(this.#handle, this.#memberships)
    return this.#control
  }

  /** The local address. */
  get address(): Endpoint {
    return addressOf(this.fd, this.#family, 'getsockname')
  }

  /** The group the socket is bound to, if it is bound to an address. */
  get boundTo(): string | undefined {
    return this.#boundTo
  }

  get registry(): MembershipRegistry<ChannelMembership> {
    return this.#memberships
  }

  get memberships(): Membership[] {
    return this.#memberships.all()
  }

  /** How many datagrams the kernel had no room for; the last count there was if the kernel refuses to tell. */
  get dropped(): number {
    try {
      this.#dropped = (getNow(this.fd, partsOf(SO_MEMINFO), undefined) as { drops: number }).drops
    } catch {
      // Linux before 4.12, or a seccomp filter: a statistic must not stand before closing the socket.
    }
    return this.#dropped
  }

  /** If it fails, nothing stays open. */
  async open(plan: SocketPlan, address: string): Promise<void> {
    try {
      await openAndBind(this.#socket, plan, (option, value) => this.#set(option, value))
    } catch (error) {
      await this.close()
      throw error
    }
    this.#boundTo = isWildcard(address) ? undefined : withoutZone(address)
  }

  #set(option: AnyOption, value: unknown): Promise<void> | undefined {
    const parts = partsOf(option)
    if (parts.waits || parts.attributes.act !== undefined) return this.control.set(option, value as never)
    setNow(this.fd, parts, value)
    return undefined
  }

  /** The memberships of the channel's group on its interface. */
  membershipsBeside({ group, on }: ChannelJoin): readonly Membership[] {
    return this.#memberships.on(group, on.index)
  }

  /** Whether the socket has joined a group on any interface. */
  hasJoined(group: string): boolean {
    return this.#memberships.has(group)
  }

  /** Joins each channel that can be joined: a membership or an error for each, in their order. */
  join(channels: readonly ChannelJoin[]): Promise<unknown[]> {
    // What is delivered of IPv4 groups the kernel decides alone, given IP_MULTICAST_ALL off.
    if (channels.some(({ group }) => isIpv6(group))) return this.#joinWithRules(channels)
    return joinEach(this.#handle, this.#memberships, channels)
  }

  /** The rules are there before the kernel delivers the first datagram, and are taken back for what it refuses. */
  async #joinWithRules(channels: readonly ChannelJoin[]): Promise<unknown[]> {
    this.#joining ??= createGroupMap()
    const joining = this.#joining
    for (const channel of channels) {
      const { group, on } = channel
      const others = joining.get(group, on.index)
      if (others === undefined) joining.set(group, on.index, new Set([channel]))
      else others.add(channel)
    }
    this.#setRules(channels)
    let refused = channels
    try {
      const outcomes = await joinEach(this.#handle, this.#memberships, channels)
      refused = channels.filter((_, i) => outcomes[i] instanceof Error)
      return outcomes
    } finally {
      for (const channel of channels) {
        const { group, on } = channel
        const others = joining.get(group, on.index)
        others?.delete(channel)
        if (others?.size === 0) joining.delete(group, on.index)
      }
      this.#setRules(refused)
    }
  }

  #noteMembership({ group, interface: { index } }: Membership, change: MembershipChange): void {
    const family = familyOfGroup(group)
    const { length } = this.#memberships.on(group, index)
    if (change === 'added' && length === 1) {
      this.groupCounts[family]++
      this.#onGroup?.(group, index, true, this)
    } else if (change === 'removed') {
      this.#full = undefined
      if (length === 0) {
        this.groupCounts[family]--
        this.#onGroup?.(group, index, false, this)
      }
    }
    // A channel that is being joined has its rule already.
    const isNew = change !== 'added' || this.#joining?.get(group, index) === undefined
    if (family === 'ipv6' && isNew) this.#setRule(group, index)
  }

  #setRules(channels: readonly ChannelJoin[]): void {
    const groups = new Map(channels.map((channel) => [keyOf(channel), channel]))
    for (const { group, on } of groups.values()) this.#setRule(group, on.index)
  }

  /** Tells the reader what to deliver of an IPv6 group: what is joined and what is being joined. */
  #setRule(group: string, index: number): void {
    if (this.#closing !== undefined) return
    const members = [...this.#memberships.on(group, index), ...(this.#joining?.get(group, index) ?? [])]
    const { mode, sources } = filterOf(members)
    this.#batchReader.setRule(this.fd, group, index, mode, sources)
  }

  /** The kernel had no room for a channel: for a further group, or for a further source of a group it has. */
  noteRefusal(channel: ChannelJoin): void {
    this.#full ??= new Set()
    this.#full.add(this.membershipsBeside(channel).length > 0 ? keyOf(channel) : familyOfGroup(channel.group))
  }

  /** False if the kernel had no room for a further group, and nothing has been left since. */
  mayTakeGroup(family: GroupFamily): boolean {
    return this.#full?.has(family) !== true
  }

  /** False if the kernel had no room for a further source of the channel's group, and nothing has been left since. */
  mayTakeSource(channel: ChannelJoin): boolean {
    return this.#full?.has(keyOf(channel)) !== true
  }

  close(): Promise<void> {
    if (this.#socket.fd >= 0) {
      this.#onGroup = undefined
      this.#closing = new Promise((resolve) => this.#socket.close(resolve))
    }
    return this.#closing ?? Promise.resolve()
  }
}

const keyOf = ({ group, on }: ChannelJoin): string => `${group} ${on.index}`
