import { readFileSync } from 'node:fs'

/** A file of the kernel's, '' where there is none or it may not be read. */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}

/** A number of /proc/sys, by its path from there; undefined where it is not there. */
export function sysctl(path: string): number | undefined {
  const text = readText(`/proc/sys/${path}`).trim()
  return text === '' ? undefined : Number(text)
}

/** How sysctl(8) writes the setting of an interface. */
export const sysctlName = (path: string): string => path.replaceAll('.', '@').replaceAll('/', '.').replaceAll('@', '/')
