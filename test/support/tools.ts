import { spawnSync } from 'node:child_process'

/** The missing ones of these programs, with the Debian packages that have them; `undefined` if none is missing. */
export function toolsMissing(tools: Readonly<Record<string, string>>): string | undefined {
  const absent = Object.entries(tools).filter(([tool]) => spawnSync('which', [tool]).status !== 0)
  if (absent.length === 0) return undefined
  return absent.map(([tool, debian]) => `${tool} is not installed (Debian package ${debian})`).join('; ')
}
