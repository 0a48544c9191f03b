// The control of a socket: every option, the memberships and the multicast settings of any socket there is.

import { onBehalfOf } from '../base/errors.ts'
import { plainCopy } from '../base/plain-copy.ts'
import { OptionCall } from '../calls/call.ts'
import { getNow, setNow } from '../calls/call-now.ts'
import { handleOf, type SocketHandle, type SocketLike } from '../calls/socket-handle.ts'
import { mustTakeMemberships } from '../calls/socket-kind.ts'
import { workerQueue } from '../calls/worker-queue.ts'
import { withoutZone } from '../net/address.ts'
import { interfaceIndex } from '../net/interfaces.ts'
import type { SourceFilter } from '../options/codecs.ts'
import { type AnyOption, type Option, type OptionParts, partsOf } from '../options/option.ts'
import { IP_MULTICAST_IF } from '../options/table/ip.ts'
import { followKernel, followKernelNow } from './follow-kernel.ts'
import { type GroupOnInterface, parseGroup } from './group-target.ts'
import { createJoins, type Joins } from './join.ts'
import type { ChannelMembership, Membership } from './membership.ts'
import { createMulticastSettings, type MulticastSettings } from './multicast-settings.ts'
import { createMembershipRegistry, type MembershipRegistry } from './registry.ts'
import { renewOrEnd } from './renew.ts'
import { snapshot } from './snapshot.ts'
import { getSourceFilter, setSourceFilter } from './source-filter.ts'

/** Not for an option that can't be read: of `never` this is `never`, and compiles not; a type parameter passes. */
export type Readable<R> = R extends unknown ? unknown : never

/** What an option may be read with. */
type Question = object | string | undefined

/** Every option of one socket, its memberships and its multicast settings. */
export interface SocketControl extends MulticastSettings, Joins {
  /** The descriptor now; throws `ERR_SOCKET_CLOSED` if there is none yet or any more. */
  readonly fd: number
  /**
   * `getsockopt`. Runs at once and the promise is settled, save for options that may wait.
   * @throws SocketOptionError as a rejection: `unsupported`, `closed`, `bad-value` for a wrong question, or what the kernel answers
   */
  // biome-ignore lint/suspicious/noExplicitAny: whatever the other side of the option is
  get<R>(option: Option<R, any> & Readable<R>): Promise<R>
  /** As above, for an option that is read with a question: about a group on an interface. */
  // biome-ignore lint/suspicious/noExplicitAny: whatever the other side of the option is
  get<R, Q extends Question>(option: Option<R, any, Q> & Readable<R>, question: NoInfer<Q>): Promise<R>
  /**
   * `setsockopt`. Runs at once and the promise is settled, save for options that may wait.
   * @throws SocketOptionError as a rejection: `bad-value`, `unsupported`, `permission`, `closed`, or what the kernel answers
   */
  // biome-ignore lint/suspicious/noExplicitAny: whatever the other side of the option is
  set<W>(option: Option<any, W, any>, value: NoInfer<W>): Promise<void>
  /**
   * `getsockopt` at once on this thread, whatever the option.
   * @throws SocketOptionError as `get` rejects
   */
  // biome-ignore lint/suspicious/noExplicitAny: whatever the other side of the option is
  getSync<R>(option: Option<R, any> & Readable<R>): R
  /** As above, for an option that is read with a question: about a group on an interface. */
  // biome-ignore lint/suspicious/noExplicitAny: whatever the other side of the option is
  getSync<R, Q extends Question>(option: Option<R, any, Q> & Readable<R>, question: NoInfer<Q>): R
  /**
   * `setsockopt` at once on this thread, whatever the option: the thread may wait for the kernel's network lock.
   * @throws SocketOptionError as `set` rejects
   */
  // biome-ignore lint/suspicious/noExplicitAny: whatever the other side of the option is
  setSync<W>(option: Option<any, W, any>, value: NoInfer<W>): void
  /**
   * Every readable option of this socket that answers, by C name.
   * @throws SocketOptionError as a rejection: `closed`
   */
  snapshot(): Promise<Record<string, unknown>>

  /** The memberships made through this control that are still held. */
  readonly memberships: readonly Membership[]
  /**
   * The whole filter of a group on an interface, from the kernel. `MCAST_MSFILTER`; RFC 3678 5.1.3.
   * @throws SocketOptionError as a rejection: `not-member`, `no-interface`, `bad-value`, `unsupported`, `closed`
   */
  getSourceFilter(on: GroupOnInterface | Membership): Promise<SourceFilter>
  /**
   * Replaces the whole filter; the socket must be a member. Including nobody leaves the group.
   * @throws SocketOptionError as a rejection: `not-member`, `limit`, `no-interface`, `bad-value`, `unsupported`, `closed`
   */
  setSourceFilter(on: GroupOnInterface | Membership, filter: SourceFilter): Promise<void>
}

/** The control of whatever descriptor is reached, now and later. */
export function createControl(
  socket: SocketHandle,
  registry: MembershipRegistry<ChannelMembership> = createMembershipRegistry(socket.owner, renewOrEnd),
): SocketControl {
  const { owner, fd } = socket
  const { remember, ...settings } = createMulticastSettings(socket)

  const mustSuit = ({ name, attributes: { act } }: OptionParts): void => {
    if (act === 'join' || act === 'join-source') onBehalfOf(name, mustTakeMemberships, owner())
  }
  const setAtOnce = (option: OptionParts, value: unknown): void => {
    const { act } = option.attributes
    if (act !== undefined) mustSuit(option)
    setNow(fd(), option, value)
    if (act !== undefined && option.name === IP_MULTICAST_IF.name) remember(byIndex(value))
    const group = heldGroup(option, value)
    if (group !== undefined) followKernelNow(owner(), registry, group)
  }
  /** The group whose memberships an option may have changed. */
  const heldGroup = ({ attributes: { act } }: OptionParts, value: unknown): string | undefined => {
    if (act === undefined || act === 'set-interface') return undefined
    const group = withoutZone(parseGroup((value as { group: unknown }).group))
    return registry.has(group) ? group : undefined
  }

  const control: SocketControl = {
    ...settings,
    ...createJoins(socket, registry),
    get fd() {
      return fd()
    },
    get: async (option: AnyOption, question?: unknown) => {
      const parts = partsOf(option)
      const asked = plainCopy(question)
      if (!parts.waits) return getNow(fd(), parts, asked) as never
      return (await workerQueue.send(owner(), new OptionCall(parts, 'getsockopt', asked))) as never
    },
    set: async (option: AnyOption, given: unknown) => {
      const parts = partsOf(option)
      const value = plainCopy(given)
      if (!parts.waits) return setAtOnce(parts, value)
      mustSuit(parts)
      const to = owner()
      await workerQueue.send(to, new OptionCall(parts, 'setsockopt', value))
      const group = heldGroup(parts, value)
      if (group !== undefined) await followKernel(to, registry, group)
    },
    getSync: (option: AnyOption, question?: unknown) => getNow(fd(), partsOf(option), plainCopy(question)) as never,
    setSync: (option: AnyOption, value: unknown) => setAtOnce(partsOf(option), plainCopy(value)),
    snapshot: async () => snapshot(owner()),
    get memberships() {
      return registry.all()
    },
    getSourceFilter: (on) => getSourceFilter(socket, on),
    setSourceFilter: (on, filter) => setSourceFilter(socket, registry, on, filter),
  }
  return control
}

/** The index in a value of IP_MULTICAST_IF; 0 for an address, which the kernel can be asked for. */
const byIndex = (value: unknown): number =>
  typeof value === 'number' ? value : /^[\d.]+$/.test(String(value)) ? 0 : interfaceIndex(String(value))

const controls = new WeakMap<object, SocketControl>()

/**
 * The control of a socket: a dgram.Socket, net.Socket, net.Server, TLS socket, a descriptor, or anything with an `fd`.
 *
 * The same object has the same control, every time. A number has a new control each time.
 * @throws TypeError for anything else.
 */
export function control(socket: SocketLike): SocketControl {
  if (typeof socket !== 'object' || socket === null) return createControl(handleOf(socket))
  let known = controls.get(socket)
  if (known === undefined) {
    known = createControl(handleOf(socket))
    controls.set(socket, known)
  }
  return known
}

/** From now on `control(socket)` is this one: two objects may stand for one descriptor. */
export function shareControl(socket: object, shared: SocketControl): void {
  controls.set(socket, shared)
}
