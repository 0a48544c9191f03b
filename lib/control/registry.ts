// The memberships of one socket that were made through it.

import type { DescriptorOwner } from '../calls/socket-handle.ts'
import { kindOf } from '../calls/socket-kind.ts'

interface Member {
  readonly group: string
  readonly source?: string
  readonly interface: { readonly index: number }
  readonly active: boolean
  /** The kernel has the membership no longer. */
  end(): void
}

/** Keeps memberships alive. */
export interface MembershipKeeper<M> {
  /** A membership that waited has been left. Settles when the kernel can't have it any more. */
  forget(member: M): Promise<void>
  /** Has the network told anew of memberships, and settles then. */
  readonly renew: (members: readonly M[]) => Promise<void>
  /** A membership has been joined. */
  joined(member: M): void
  /** A membership has been left. */
  left(): void
}

/** Memberships in the order they were made, group by group. */
export interface MembershipRegistry<M extends Member> {
  add(member: M): void
  remove(member: M): void
  /** The memberships of a group on an interface. */
  on(group: string, index: number): M[]
  /** Whether there is a membership of a group, on whichever interface. */
  has(group: string): boolean
  all(): M[]
  /** Calls back with each membership, also if the socket is closed. */
  forEach(callback: (member: M) => void): void
  isOpen(owner: DescriptorOwner): boolean
  /** Throws reason `closed`, with what to do. */
  mustBeOpen(): void
  /** A member's filter has changed. */
  changed(member: M): void
  /** Has the network told anew of memberships. */
  readonly renew: (members: readonly M[]) => Promise<void>
  /** Who keeps memberships of this socket, if anybody does. */
  keeper?: MembershipKeeper<M> | undefined
  /** Is told of each change. */
  onChange?: (member: M, change: MembershipChange) => void
}

/** Whether the kernel refuses a membership while it has another: of the same source, or of any source beside one. */
const excludes = (held: Member, added: Member): boolean =>
  held.interface.index === added.interface.index &&
  (held.source === undefined || added.source === undefined || held.source === added.source)

export type MembershipChange = 'added' | 'removed' | 'filter'

export function createMembershipRegistry<M extends Member>(
  owner: () => DescriptorOwner,
  renew: (members: readonly M[]) => Promise<void>,
): MembershipRegistry<M> {
  const members = new Map<string, M[]>()
  const open = (): DescriptorOwner => {
    const now = owner()
    // Only the kernel knows whether a bare number is open.
    if (now.isBareNumber === true) kindOf(now)
    return now
  }
  const isOpen = (given: DescriptorOwner): boolean => {
    try {
      return open() === given
    } catch {
      return false
    }
  }
  const registry: MembershipRegistry<M> = {
    add: (member) => {
      // The kernel has taken the new membership: whichever it would have refused it beside is over.
      for (const over of members.get(member.group)?.filter((held) => excludes(held, member)) ?? []) over.end()
      const list = members.get(member.group)
      if (list === undefined) members.set(member.group, [member])
      else list.push(member)
      registry.onChange?.(member, 'added')
      registry.keeper?.joined(member)
    },
    remove: (member) => {
      const list = members.get(member.group) ?? []
      const index = list.indexOf(member)
      if (index < 0) return
      if (list.length === 1) members.delete(member.group)
      else list.splice(index, 1)
      registry.onChange?.(member, 'removed')
      registry.keeper?.left()
    },
    on: (group, index) => (members.get(group) ?? []).filter((member) => member.interface.index === index),
    has: (group) => members.has(group),
    all: () => [...members.values()].flatMap((list) => list.filter(({ active }) => active)),
    forEach: (callback) => {
      for (const list of members.values()) for (const member of list) callback(member)
    },
    renew,
    isOpen,
    mustBeOpen: () => void open(),
    changed: (member) => registry.onChange?.(member, 'filter'),
  }
  return registry
}
