// The memberships of one socket that were made through it.

import type { DescriptorOwner } from '../calls/socket-handle.ts'
import { kindOf } from '../calls/socket-kind.ts'

interface Member {
  readonly group: string
  readonly source?: string
  readonly interface: { readonly index: number }
  readonly active: boolean
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
  isOpen(owner: DescriptorOwner): boolean
  /** Throws reason `closed`, with what to do. */
  mustBeOpen(): void
  /** A member's filter has changed. */
  changed(member: M): void
  /** Is told of each change. */
  onChange?: (member: M, change: MembershipChange) => void
}

export type MembershipChange = 'added' | 'removed' | 'filter'

export function createMembershipRegistry<M extends Member>(owner: () => DescriptorOwner): MembershipRegistry<M> {
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
      const list = members.get(member.group)
      if (list === undefined) members.set(member.group, [member])
      else list.push(member)
      registry.onChange?.(member, 'added')
    },
    remove: (member) => {
      const list = members.get(member.group) ?? []
      const index = list.indexOf(member)
      if (index < 0) return
      if (list.length === 1) members.delete(member.group)
      else list.splice(index, 1)
      registry.onChange?.(member, 'removed')
    },
    on: (group, index) => (members.get(group) ?? []).filter((member) => member.interface.index === index),
    has: (group) => members.has(group),
    all: () => [...members.values()].flatMap((list) => list.filter(({ active }) => active)),
    isOpen,
    mustBeOpen: () => void open(),
    changed: (member) => registry.onChange?.(member, 'filter'),
  }
  return registry
}
