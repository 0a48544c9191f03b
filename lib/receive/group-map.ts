// A map by group and interface. Two maps, one in the other: a key of both would be a new string for each look.

export interface GroupMap<T> {
  get(group: string, interfaceIndex: number): T | undefined
  set(group: string, interfaceIndex: number, value: T): void
  delete(group: string, interfaceIndex: number): void
  clear(): void
}

export function createGroupMap<T>(): GroupMap<T> {
  const byInterface = new Map<number, Map<string, T>>()
  return {
    get: (group, interfaceIndex) => byInterface.get(interfaceIndex)?.get(group),
    set: (group, interfaceIndex, value) => {
      let groups = byInterface.get(interfaceIndex)
      if (groups === undefined) {
        groups = new Map()
        byInterface.set(interfaceIndex, groups)
      }
      groups.set(group, value)
    },
    delete: (group, interfaceIndex) => {
      const groups = byInterface.get(interfaceIndex)
      groups?.delete(group)
      if (groups?.size === 0) byInterface.delete(interfaceIndex)
    },
    clear: () => byInterface.clear(),
  }
}
