import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { PROTOCOLS } from '../lib/net/protocol-numbers.ts'
import { run } from './support/commands.ts'
import { describeUnless } from './support/namespace.ts'

const missing = process.platform === 'linux' ? undefined : "the headers are Linux's"

describeUnless(missing, 'the number of a protocol', () => {
  const directory = mkdtempSync(join(tmpdir(), 'sockctl-protocols-'))
  afterAll(() => rmSync(directory, { recursive: true }))

  it('is what a C program prints', async () => {
    const program = join(directory, 'protocols')
    const source = [
      '#include <stdio.h>',
      '#include <linux/if_ether.h>',
      '#include <netinet/in.h>',
      '#include <linux/netlink.h>',
      'int main(void) {',
      ...Object.keys(PROTOCOLS).map((name) => `printf("${name} %d\\n", ${name});`),
      'return 0; }',
    ]
    await run('cc', ['-x', 'c', '-o', program, '-'], source.join('\n'))
    const lines = (await run(program, [])).trim().split('\n')
    expect(
      Object.fromEntries(lines.map((line) => line.split(' ')).map(([name, number]) => [name, Number(number)])),
    ).toEqual(PROTOCOLS)
  })
})
