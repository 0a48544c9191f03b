// Defaults, ranges and rounding of the table, beside the kernel's: scripts/option-values.mjs.
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, expect, it } from 'vitest'
import { describeUnless, hasRealRoot, inNamespace } from './support/namespace.ts'

interface Row {
  name: string
  kind: string
  default: string
  agrees: boolean
  isFlag?: true
  most?: string
  read?: [string, string][]
}

const root = fileURLToPath(new URL('..', import.meta.url))
const { options: docs } = JSON.parse(readFileSync(new URL('../dist/options/docs.json', import.meta.url), 'utf8')) as {
  options: { name: string; does: string }[]
}
const page = readFileSync(new URL('../docs/options.md', import.meta.url), 'utf8').split('<!-- checked -->')[1] ?? ''

/** The words by which a comment says that an option does not read back as it was set. */
const SAYS_SO =
  /[Rr]eads? |refuse|kept within|capped|[Cc]apped|taken as|no effect|up to \d+|at most|even offset|-1: the default|the default/

describeUnless(inNamespace && hasRealRoot ? undefined : 'it needs root in a namespace', 'the kernel', () => {
  let rows: Row[] = []
  beforeAll(async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['scripts/option-values.mjs', '--json'], {
      cwd: root,
      maxBuffer: 2 ** 26,
    })
    rows = JSON.parse(stdout)
  })

  it('is asked for every kind of value: numbers, times, 64-bit numbers, names and sets', () => {
    const names = rows.map(({ name }) => name)
    const kinds = ['SO_RCVBUF', 'SO_RCVTIMEO', 'SO_MAX_PACING_RATE', 'IP_MTU_DISCOVER', 'SO_BUF_LOCK', 'SO_KEEPALIVE']
    expect(names).toEqual(expect.arrayContaining(kinds))
  })

  it('has the defaults that the table names', () => {
    expect(rows.length).toBeGreaterThan(100)
    expect(rows.filter(({ agrees }) => !agrees)).toEqual([])
  })

  it('takes the ends of each range and gives them back, or the option says what it reads', () => {
    const changed = rows.filter(({ isFlag, most, default: initial, read = [] }) =>
      isFlag ? most === initial : read.some(([value, answer]) => value !== answer),
    )
    expect(changed.length).toBeGreaterThan(5)
    const silent = changed.filter(({ name }) => !SAYS_SO.test(docs.find((one) => one.name === name)?.does ?? ''))
    expect(silent.map(({ name, read }) => ({ name, read }))).toEqual([])
  })

  it('rounds times to its tick, which the options say', () => {
    const ofTcp = ['TCP_RTO_MIN_US', 'TCP_DELACK_MAX_US', 'TCP_RTO_MAX_MS']
    for (const name of [...ofTcp, 'SO_RCVTIMEO', 'SO_SNDTIMEO', 'SO_VM_SOCKETS_CONNECT_TIMEOUT']) {
      const does = docs.find((one) => one.name === name)?.does
      expect(does).toContain('Reads back rounded up to the tick')
    }
  })

  it('is the one that the page was written by, or the page has the same options', () => {
    const missing = rows.filter(({ name }) => !page.includes(`| \`${name}\` |`)).map(({ name }) => name)
    expect(missing).toEqual([])
  })
})
