// The layouts of lib/options/codecs beside those of the C compiler, struct by struct, with a value in every field.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { codecs } from 'sockctl'
import { expect, it } from 'vitest'
import { run } from './support/commands.ts'
import { describeUnless } from './support/namespace.ts'
import { LAYOUTS, PRELUDE } from './support/uapi-layouts.ts'

const missing = spawnSync('cc', ['--version']).error ? 'cc is not installed (Debian package gcc)' : undefined

/** Codecs of bytes that no struct of C has, or that another test compares. */
const NO_STRUCT: Readonly<Record<string, string>> = {
  bytes: 'bytes as they are',
  fastOpenKey: 'bytes as they are',
  mptcpSubflowAddresses: 'test/mptcp-subflows.test.ts, of real connections',
  mptcpTcpInfo: 'test/mptcp-subflows.test.ts, of real connections',
  netlinkGroups: 'a bit a group',
  numbers: 'an array of numbers',
  tcpCcInfo: 'test/tcp-info.test.ts',
  tcpConnectionInfo: 'native/codec/codecs_darwin.cc',
}

it('is compared for every codec that lays bytes out', () => {
  const compared = new Set<unknown>(LAYOUTS.map(({ codec }) => codec))
  const laysOut = (codec: unknown): boolean => {
    const { read = '', write = '' } = Object(codec) as Partial<Record<'read' | 'write', unknown>>
    return typeof codec === 'object' && [read, write].some((type) => type === 'bytes' || type === 'exact_bytes')
  }
  const missing = Object.entries(codecs).filter(
    ([name, codec]) => laysOut(codec) && !compared.has(codec) && !(name in NO_STRUCT),
  )
  expect(missing.map(([name]) => name)).toEqual([])
})

const program = `${PRELUDE}
int main(void) {
${LAYOUTS.map(
  ({ struct, fill, size = 'sizeof v' }, index) =>
    `  { static ${struct} room[32]; ${struct} *p = room; ${struct} v; (void)v; memset(room, 0, sizeof room); ${fill}
    show(${index}, room, ${size}); }`,
).join('\n')}
  return 0;
}
`

describeUnless(missing, 'the bytes of a struct laid out here', () => {
  it('are those a C program writes, the unused ones zero', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'sockctl-uapi-'))
    try {
      const binary = join(directory, 'structs')
      await run('cc', ['-x', 'c', '-D_GNU_SOURCE', '-Wall', '-Werror', '-o', binary, '-'], program)
      const theirs = (await run(binary, [])).trim().split('\n')
      for (const [index, { struct, codec, value, written = true }] of LAYOUTS.entries()) {
        const bytes = Buffer.from(theirs[index] as string, 'hex')
        if (written) {
          expect(codec.wrong(value), struct).toSatisfy((answer) => answer === '' || answer === false)
          expect(Buffer.from(codec.toNative(value as never) as Uint8Array).toString('hex'), struct).toBe(theirs[index])
        } else expect(codec.fromNative(bytes as never), struct).toEqual(value)
      }
    } finally {
      rmSync(directory, { recursive: true })
    }
  })
})
