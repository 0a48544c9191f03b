// A platform is a file: native code tells systems apart by which files it compiles, not by conditions within them.
import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const native = new URL('../native/', import.meta.url)
const files = readdirSync(native, { recursive: true, encoding: 'utf8' })
const sources = files.filter((file) => file.endsWith('.cc')).sort()
const lists: Record<'all' | 'linux' | 'darwin', string[]> = JSON.parse(
  readFileSync(new URL('sources.json', native), 'utf8'),
)

// sa_len, which Darwin's sockaddr has and Linux's lacks, is set on every address that is made.
const MAY_ASK_FOR_THE_SYSTEM = ['base/address.cc']

const CONDITION = /^[ \t]*#[ \t]*(?:if|ifdef|ifndef|elif)\b(?:.*\\\n)*.*$/gm
const NAME_OF_A_SYSTEM = /linux|apple|__mach__|target_os_|win32|bsd|android|glibc|__unix/i

it('names every C++ file in sources.json, once', () => {
  expect(Object.values(lists).flat().sort()).toEqual(sources)
})

it.each(['linux', 'darwin'] as const)(
  'compiles NAME_%s.cc on that system alone, and the other has its own',
  (system) => {
    const other = system === 'linux' ? 'darwin' : 'linux'
    const named = sources.filter((file) => file.endsWith(`_${system}.cc`))
    expect(named).not.toEqual([])
    expect(lists[system]).toEqual(expect.arrayContaining(named))
    expect(lists[other]).toEqual(expect.arrayContaining(named.map((file) => file.replace(system, other))))
  },
)

it('asks for the system in a condition only if that is named', () => {
  const asking = files.filter((file) => {
    if (!/\.(cc|h)$/.test(file)) return false
    const conditions = readFileSync(new URL(file, native), 'utf8').match(CONDITION) ?? []
    return conditions.some((condition) => NAME_OF_A_SYSTEM.test(condition))
  })
  expect(asking).toEqual(MAY_ASK_FOR_THE_SYSTEM)
})
