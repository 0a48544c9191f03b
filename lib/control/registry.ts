import { kindOf } from '../calls/call-now.ts'
import type { Holder } from '../calls/socket-handle.ts'

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
  /** Throws reason `closed` with what to do. */
  mustBeOpen(): void
  /** A member's filter has changed. */
  changed(member: M): void
  /** Who must know of any change to a group on an interface. */
  onChange?: (group: string, index: number) => void
}

export function createRoster<M extends Member>(holder: () => Holder): Roster<M> {
  const members = new Map<string, M[]>()
  const open = (): Holder => {
    const now = holder()
    // Of a descriptor that is a mere number only the kernel knows whether it is open.
    if (now.borrowed === true) kindOf(now.fd)
    return now
  }
  const isOpen = (given: Holder): boolean => {
    try {
      return open() === given
    } catch {
      return false
    }
  }
  const roster: Roster<M> = {
    add: (member) => {
      const list = members.get(member.group)
      if (list === undefined) members.set(member.group, [member])
      else list.push(member)
      roster.changed(member)
    },
    remove: (member) => {
      const list = members.get(member.group) ?? []
      const place = list.indexOf(member)
      if (place < 0) return
      if (list.length === 1) members.delete(member.group)
      else list.splice(place, 1)
      roster.changed(member)
    },
    on: (group, index) => (members.get(group) ?? []).filter((member) => member.interface.index === index),
    all: () => [...members.values()].flatMap((list) => list.filter(({ active }) => active)),
    isOpen,
    mustBeOpen: () => void open(),
    changed: (member) => roster.onChange?.(member.group, member.interface.index),
  }
  return roster
}
