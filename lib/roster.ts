import type { Holder } from './descriptor.ts'

interface Member {
  readonly group: string
  readonly source?: string
  readonly interface: { readonly index: number }
  readonly active: boolean
}

/** The memberships of one socket that were made through it, in the order they were made. */
export interface Roster<M extends Member> {
  add(member: M): void
  remove(member: M): void
  /** Those of a group on an interface. */
  on(group: string, index: number): M[]
  all(): M[]
  isOpen(holder: Holder): boolean
  /** Throws ERR_SOCKET_CLOSED with what to do. */
  mustBeOpen(): void
  /** A member's filter has changed. */
  changed(member: M): void
  /** Who must know of any change to a group on an interface. */
  onChange?: (group: string, index: number) => void
}

export function createRoster<M extends Member>(holder: () => Holder): Roster<M> {
  const members = new Map<string, Set<M>>()
  const keyOf = (group: string, index: number): string => `${group} ${index}`
  const isOpen = (given: Holder): boolean => {
    try {
      return holder() === given
    } catch {
      return false
    }
  }
  const roster: Roster<M> = {
    add: (member) => {
      const key = keyOf(member.group, member.interface.index)
      const set = members.get(key)
      if (set === undefined) members.set(key, new Set([member]))
      else set.add(member)
      roster.changed(member)
    },
    remove: (member) => {
      const key = keyOf(member.group, member.interface.index)
      const set = members.get(key)
      if (set?.delete(member) !== true) return
      if (set.size === 0) members.delete(key)
      roster.changed(member)
    },
    on: (group, index) => [...(members.get(keyOf(group, index)) ?? [])],
    all: () => [...members.values()].flatMap((set) => [...set].filter(({ active }) => active)),
    isOpen,
    mustBeOpen: () => void holder(),
    changed: (member) => roster.onChange?.(member.group, member.interface.index),
  }
  return roster
}
