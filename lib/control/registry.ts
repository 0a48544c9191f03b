import type { DescriptorOwner } from '../calls/socket-handle.ts'
import { kindOf } from '../calls/socket-kind.ts'

interface Member {
  readonly group: string
  readonly source?: string
  readonly interface: { readonly index: number }
  readonly active: boolean
}

/** The memberships of one socket that were made through it, in the order they were made. */
export interface MembershipRegistry<M extends Member> {
  add(member: M): void
  remove(member: M): void
  /** Those of a group on an interface. */
  on(group: string, index: number): M[]
  all(): M[]
  isOpen(owner: DescriptorOwner): boolean
  /** Throws reason `closed` with what to do. */
  mustBeOpen(): void
  /** A member's filter has changed. */
  changed(member: M): void
  /** Who must know of any change to a group on an interface. */
  onChange?: (group: string, index: number) => void
}

export function createMembershipRegistry<M extends Member>(owner: () => DescriptorOwner): MembershipRegistry<M> {
  const members = new Map<string, M[]>()
  const open = (): DescriptorOwner => {
    const now = owner()
    // Of a descriptor that is a mere number only the kernel knows whether it is open.
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
      registry.changed(member)
    },
    remove: (member) => {
      const list = members.get(member.group) ?? []
      const place = list.indexOf(member)
      if (place < 0) return
      if (list.length === 1) members.delete(member.group)
      else list.splice(place, 1)
      registry.changed(member)
    },
    on: (group, index) => (members.get(group) ?? []).filter((member) => member.interface.index === index),
    all: () => [...members.values()].flatMap((list) => list.filter(({ active }) => active)),
    isOpen,
    mustBeOpen: () => void open(),
    changed: (member) => registry.onChange?.(member.group, member.interface.index),
  }
  return registry
}
