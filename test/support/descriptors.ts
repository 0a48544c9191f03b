import { readdirSync, readlinkSync } from 'node:fs'

/** The sockets this process has open now, as /proc/self/fd shows them: `socket:[12345]`. */
export function openSockets(): string[] {
  const names: string[] = []
  for (const fd of readdirSync('/proc/self/fd')) {
    try {
      names.push(readlinkSync(`/proc/self/fd/${fd}`))
    } catch {
      // The directory's own descriptor is closed by now.
    }
  }
  return names.filter((name) => name.startsWith('socket:')).sort()
}
