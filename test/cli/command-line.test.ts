import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { COMMANDS } from '../../lib/cli/commands.ts'
import { runCli, sockctl } from '../support/cli.ts'
import { fc } from '../support/property.ts'

const { version } = JSON.parse(readFileSync(fileURLToPath(new URL('../../package.json', import.meta.url)), 'utf8'))

/** One line that names the command, and no stack. */
const complaint = (command: string) => new RegExp(`^${command}: [^\\n]+\\n$`)

describe('the command line', () => {
  it('says its version and its commands', async () => {
    expect(await runCli(['--version'])).toMatchObject({ status: 0, stdout: `${version}\n`, stderr: '' })
    const { status, stdout } = await runCli(['--help'])
    expect(status).toBe(0)
    for (const [name, { summary }] of Object.entries(COMMANDS)) {
      expect(stdout).toContain(`  ${name} `)
      expect(stdout.replaceAll(/\s+/g, ' ')).toContain(summary)
    }
  })

  it.each(Object.keys(COMMANDS))('%s has help that ends with an example of itself', async (name) => {
    const { status, stdout } = await runCli([name, '--help'])
    expect(status).toBe(0)
    expect(stdout).toContain('--json')
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(new RegExp(`^  .*\\bsockctl ${name}\\b`))
  })

  it('does not load the addon for help', async () => {
    const report = 'process.on("exit",()=>console.error(process.report.getReport().sharedObjects.join("\\n")))'
    const watched = { env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(report)}` } }
    expect((await runCli(['--help'], watched)).stderr).not.toContain('sockctl.node')
    expect((await runCli(['interfaces'], watched)).stderr).toContain('sockctl.node')
  })

  it.each([
    ['sockctl', ['nosuch']],
    ['sockctl', ['--nosuch']],
    ['sockctl', ['interface']],
    ['sockctl interfaces', ['interfaces', '--jsn']],
    ['sockctl interfaces', ['interfaces', 'extra']],
    ['sockctl interfaces', ['interfaces', '-i']],
    ['sockctl interfaces', ['interfaces', '-i', '0']],
    ['sockctl interfaces', ['interfaces', '-i', '4294967296']],
    ['sockctl interfaces', ['interfaces', '-i', '']],
  ])('complains of bad usage in one line: %s %j', async (command, args) => {
    const { status, stdout, stderr } = await runCli(args)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toMatch(complaint(command))
    expect(stderr).toContain('--help')
  })

  it('answers no command at all with its help, as bad usage', async () => {
    const { status, stdout, stderr } = await runCli([])
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toContain('Usage: sockctl')
  })

  it('ends cleanly when the reader of its output goes', async () => {
    for (const args of [['--help'], ['interfaces']]) {
      const [program = '', ...rest] = sockctl(...args)
      const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'] })
      child.stdout.destroy()
      let said = ''
      child.stderr.on('data', (text) => {
        said += text
      })
      expect(await once(child, 'close')).toEqual([0, null])
      expect(said).toBe('')
    }
  })

  it('says in one line that its output can not be written, as on a full disk', async () => {
    const { status, stderr } = await runCli([], { prefix: ['sh', '-c', 'exec "$@" interfaces >/dev/full', 'sh'] })
    expect({ status, stderr }).toEqual({ status: 1, stderr: "sockctl: can't write the output (ENOSPC)\n" })
  })

  it('says once what is wrong with an argument', async () => {
    expect((await runCli(['receive', '10.0.0:5'])).stderr).toMatch(/^sockctl receive: channel '10\.0\.0:5': /)
    expect((await runCli(['groups', '10.0.0.1'])).stderr).toMatch(
      /^sockctl groups: argument group '10\.0\.0\.1' is invalid\. /,
    )
  })

  it.each([['help', 'foo'], ['help', '%'], ['foo']])('says that there is no such command: %s', async (...args) => {
    const { status, stderr, stdout } = await runCli(args)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toBe(`sockctl: unknown command '${args.at(-1)}'; see sockctl --help\n`)
  })

  it('never prints a stack trace, whatever it is given', async () => {
    const word = fc.oneof(
      fc.constantFrom('interfaces', '-i', '--interface', '--json', '--', 'help', '-h', 'lo', '::1', '-1', '1e9', '%'),
      fc.string({ maxLength: 20 }).filter((text) => !text.includes('\0')),
    )
    const args = fc.tuple(fc.constantFrom('interfaces', 'help', '-i', '--x'), fc.array(word, { maxLength: 4 }))
    await fc.assert(
      fc.asyncProperty(args, async ([first, rest]) => {
        const { status, stderr } = await runCli([first, ...rest])
        expect([0, 1, 2]).toContain(status)
        expect(stderr).not.toMatch(/^\s+at (?:\S+ \(|file:|node:)|node:internal/m)
        if (status === 1) expect(stderr).toMatch(complaint('sockctl[a-z ]*'))
      }),
      { numRuns: 25 },
    )
  }, 60_000)
})
