// Reading the kernel's files and settings.

import { readFileSync } from 'node:fs'

/** The text of one of the kernel's files; '' if there is no such file, or it may not be read. */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** With what a process may do what needs a capability, after "run doctor". Root in a container may lack the capability. */
export const withRights = (capability: string, isRoot = process.getuid?.() === 0): string =>
  isRoot ? `with ${capability}` : 'as root'

/** A numeric setting, by its path below /proc/sys; undefined if there is no such setting. */
export function sysctl(path: string): number | undefined {
  const text = readText(`/proc/sys/${path}`).trim()
  return text === '' ? undefined : Number(text)
}

/** The name of a setting as sysctl(8) writes it. A dot in the name of an interface becomes a slash there. */
export const sysctlName = (path: string): string => path.replaceAll('.', '@').replaceAll('/', '.').replaceAll('@', '/')
