// Names of interfaces are bytes that a stranger to the terminal may have chosen.
import { interfaces } from 'sockctl'
import { expect, it, onTestFinished } from 'vitest'
import { runCli } from '../support/cli.ts'
import { ip } from '../support/commands.ts'
import { describeInNamespace } from '../support/namespace.ts'
import { opened } from '../support/receiving.ts'

const CONTROLS = ['\u001b', '\u009b', '\u202e']
const HOSTILE = 'e\u001b[31m\u009b\u202e'
const escaped = 'e\\x1b[31m\\x9b\\u{202e}'

async function add(name: string): Promise<void> {
  await ip('link', 'add', name, 'type', 'veth', 'peer', 'name', 'names-peer')
  onTestFinished(() => ip('link', 'delete', name).then(() => {}))
  await ip('address', 'add', '192.0.2.10/24', 'dev', name)
  for (const end of [name, 'names-peer']) await ip('link', 'set', end, 'up')
}

describeInNamespace('the command line', () => {
  it('shows the name of an interface as UTF-8, wherever it comes from', async () => {
    await add('netz-é')
    expect(interfaces().map(({ name }) => name)).toContain('netz-é')
    await opened({ channels: [{ group: '239.1.1.1', interface: 'netz-é' }] })
    const { stdout } = await runCli(['groups', '--json'])
    const rows = stdout.split('\n').filter((line) => line.includes('"239.1.1.1"'))
    expect(rows.map((line) => JSON.parse(line).interface)).toEqual(['netz-é'])
  })

  it('writes control characters of names and of words as escapes', async () => {
    await add(HOSTILE)
    await opened({ channels: [{ group: '239.1.1.1', interface: HOSTILE }] })
    for (const args of [
      ['interfaces'],
      ['groups'],
      ['interfaces', '-i', `${HOSTILE}x`],
      ['doctor', '239.1.1.1:5000', '-i', HOSTILE, '--wait', '100ms'],
      ['options', HOSTILE],
      [HOSTILE],
      ['receive', HOSTILE],
      ['receive', `--${HOSTILE}`],
    ]) {
      const { stdout, stderr } = await runCli(args)
      const printed = `${stdout}${stderr}`
      expect(CONTROLS.filter((character) => printed.includes(character))).toEqual([])
      expect(printed).toContain(escaped)
    }
  })
})
