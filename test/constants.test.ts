import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { native } from '../lib/binding/native.ts'
import * as table from '../lib/options/index.ts'
import { partsOf } from '../lib/options/option.ts'
import { run } from './support/commands.ts'
import { describeUnless } from './support/namespace.ts'

const OPTION_LIKE =
  /^(SO|IP|IPV6|MCAST|TCP|UDP|UDPLITE|ICMP|ICMP6|PACKET|NETLINK|SCTP|MPTCP|MRT|MRT6|TLS|XDP|CAN_RAW|CAN_ISOTP)_/

/** Constants whose names look like options, but that are values of options. */
const VALUES_OF_OPTIONS = [/^MCAST_(INCLUDE|EXCLUDE)$/]

const options = Object.values(table).map(partsOf)
const fallbacks = Object.fromEntries(
  readFileSync(new URL('../native/base/constants.txt', import.meta.url), 'utf8')
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim().split(/\s+/))
    .filter(([, number]) => number !== undefined)
    .map(([name, number]) => [name, Number(number)]),
)

it('makes an option of every constant of the addon that looks like one', () => {
  const names = new Set<string>(options.map(({ name }) => name))
  const orphans = Object.keys(native.constants).filter(
    (name) => OPTION_LIKE.test(name) && !VALUES_OF_OPTIONS.some((value) => value.test(name)) && !names.has(name),
  )
  expect(orphans).toEqual([])
})

it.runIf(process.platform === 'linux')('has a constant for every option, and one for its level', () => {
  const missing = options.filter(
    ({ name, level, systems }) =>
      systems.includes('linux') && (native.constants[name] === undefined || native.constants[level] === undefined),
  )
  expect(missing.map(({ name }) => name)).toEqual([])
})

it('uses the constants it has', () => {
  for (const option of options) {
    expect(option.number, option.name).toBe(native.constants[option.name] ?? -1)
    expect(option.levelNumber, option.level).toBe(native.constants[option.level] ?? -1)
  }
})

// Each is compiled alone: the C library's and the kernel's define some structs twice.
const HEADERS = [
  'sys/socket.h',
  'netinet/in.h',
  'netinet/tcp.h',
  'netinet/udp.h',
  'netinet/ip_icmp.h',
  'netinet/icmp6.h',
  'net/if.h',
  'asm/socket.h',
  'linux/in.h',
  'linux/in6.h',
  'linux/tcp.h',
  'linux/udp.h',
  'linux/icmp.h',
  'linux/icmpv6.h',
  'linux/if.h',
  'linux/if_packet.h',
  'linux/netlink.h',
  'linux/vm_sockets.h',
  'linux/sctp.h',
  'linux/mptcp.h',
  'linux/net_tstamp.h',
]

/** The values of these names in a C program that includes a header; a name the header lacks is left out. */
async function compiled(header: string, names: readonly string[], program: string): Promise<Record<string, number>> {
  const source = [
    '#include <stdio.h>',
    '#include <stdint.h>',
    '#include <sys/socket.h>',
    '#include <time.h>',
    `#if __has_include(<${header}>)\n#include <${header}>\n#endif`,
    'int main(void) {',
    ...names.map((name) => `#ifdef ${name}\nprintf("%s %lld\\n", "${name}", (long long)${name});\n#endif`),
    'return 0; }',
  ]
  await run('cc', ['-x', 'c', '-o', program, '-'], source.join('\n'))
  const lines = (await run(program, [])).split('\n').filter((line) => line !== '')
  return Object.fromEntries(lines.map((line) => line.split(' ')).map(([name, number]) => [name, Number(number)]))
}

const missing = spawnSync('cc', ['--version']).error ? 'cc is not installed (Debian package gcc)' : undefined

describeUnless(missing, 'the number of a constant', () => {
  const directory = mkdtempSync(join(tmpdir(), 'sockctl-constants-'))
  const known: Record<string, number> = {}
  afterAll(() => rmSync(directory, { recursive: true }))

  it.each(HEADERS)('is what a C program with <%s> prints', async (header) => {
    const names = Object.keys({ ...native.constants, ...fallbacks })
    const theirs = await compiled(header, names, join(directory, 'constants'))
    const ours = Object.fromEntries(Object.keys(theirs).map((name) => [name, native.constants[name]]))
    expect(ours).toEqual(theirs)
    Object.assign(known, theirs)
  })

  it.runIf(process.platform === 'linux')('is written out only for what headers may lack', () => {
    expect(known).toMatchObject({ SO_RCVBUF: native.constants.SO_RCVBUF, TCP_NODELAY: native.constants.TCP_NODELAY })
    const guessed = Object.keys(native.constants).filter((name) => known[name] === undefined && !(name in fallbacks))
    expect(guessed).toEqual([])
  })

  it('is right if the value is written out and a header has it', () => {
    const wrong = Object.entries(fallbacks).filter(([name, number]) => (known[name] ?? number) !== number)
    expect(wrong).toEqual([])
  })
})
