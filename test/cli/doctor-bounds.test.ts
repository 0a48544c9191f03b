// What the doctor does at its bounds: without privileges, in floods, with thousands of groups, interrupted, or with the interface gone.
import { readFileSync } from 'node:fs'
import { afterEach, expect, it, onTestFinished } from 'vitest'
import { runCli, startCli } from '../support/cli.ts'
import { ip, run } from '../support/commands.ts'
import type { Line } from '../support/doctor.ts'
import { GROUP, openLab, PORT } from '../support/doctor-catalogue/lab.ts'
import { describeOnHosts } from '../support/hosts.ts'

const CHANNEL = `${GROUP}:${PORT}`
/** 239.1.1.1 as /proc/net/igmp has it on a little-endian host. */
const LISTED = '010101EF'
const UNPRIVILEGED = [
  'setpriv',
  '--bounding-set=-net_raw,-net_admin',
  '--inh-caps=-net_raw,-net_admin',
  '--ambient-caps=-all',
]

describeOnHosts('the doctor at its bounds', (hosts) => {
  const opened = { lab: undefined as ReturnType<typeof openLab> | undefined }
  const lab = () => {
    opened.lab ??= openLab(hosts())
    return opened.lab
  }
  afterEach(() => opened.lab?.takeDown())

  it('ends with one clear line if it is interrupted, and leaves nothing behind', async () => {
    const running = startCli(['doctor', CHANNEL, '-i', 'a0', '--wait', '60s'])
    await running.line(/^pass {2}version/)
    running.kill('SIGINT')
    const { status, stderr } = await running.ended
    expect(status).toBe(1)
    expect(stderr).toBe('sockctl doctor: stopped by a signal before there was a verdict; nothing is left behind\n')
    expect(readFileSync('/proc/net/igmp', 'utf8')).not.toContain(LISTED)
  })

  it.each([
    ['delete', 'went away'],
    ['set', 'was set down'],
  ])('says that the interface %s: it %s meanwhile', async (verb, says) => {
    await ip('link', 'add', 'gone0', 'type', 'veth', 'peer', 'name', 'gone1')
    await ip('address', 'add', '10.99.0.1/24', 'dev', 'gone0')
    for (const name of ['gone0', 'gone1']) await ip('link', 'set', name, 'up')
    const running = startCli(['doctor', CHANNEL, '-i', 'gone0', '--wait', '3s'])
    await running.line(/^pass {2}version/)
    onTestFinished(async () => {
      await ip('link', 'delete', 'gone0').catch(() => {})
    })
    await ip('link', verb, 'gone0', ...(verb === 'set' ? ['down'] : []))
    const { status, stdout, stderr } = await running.ended
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' })
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(new RegExp(`^Proven: the interface gone0 ${says} meanwhile\\.`))
  })

  it.each([
    ['the interface is down', 'interface', '-i', 'a1'],
    ['no route leads to the group', 'route'],
    ['no group can be joined', 'limits', '-i', 'a0'],
  ])('looks at all else although %s', async (_, first, ...on) => {
    if (first === 'interface') {
      await ip('link', 'set', 'a1', 'down')
      lab().undo(() => ip('link', 'set', 'a1', 'up'))
    }
    if (first === 'limits') lab().sysctl('net/ipv4/igmp_max_memberships', 0)
    await lab().stream()
    await lab().program()
    await lab().rules(`table inet lab { chain input { type filter hook input priority 0; ip daddr ${GROUP} drop; }; }`)
    const { status, stderr, objects } = await runCli(['doctor', '--json', CHANNEL, ...on])
    const lines = objects<Line>()
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' })
    expect(lines.at(-1)).toMatchObject({ cause: first, certainty: 'proven', flows: false })
    const told = (check: string) => lines.find((line) => line.check === check)
    for (const check of ['reverse path', 'wire', 'querier', 'socket']) expect(told(check), check).toBeDefined()
    expect(told('joined')?.says).toContain('nobody on this host has joined 239.1.1.1 on')
    expect(told('firewall')?.says).toContain(`inet lab input: ip daddr ${GROUP} drop`)
    if (first === 'interface') expect(told('wire')?.says).toContain('239.1.1.1 comes in by a0')
  })

  it('says that the settings can not be read, and what it needs to read them', async () => {
    await lab().stream()
    const hidden = ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs none /proc/sys && exec "$@"', '-']
    const { status, objects } = await runCli(['doctor', '--json', CHANNEL, '-i', 'a0'], { prefix: hidden })
    expect(status).toBe(0)
    for (const check of ['limits', 'version', 'reverse path'])
      expect(objects<Line>().find((line) => line.check === check)).toMatchObject({
        status: 'skip',
        says: expect.stringMatching(/can't be read here/),
      })
  })

  it('says that nft is not there, and not that no rule drops', async () => {
    await lab().stream()
    const hidden = [
      'unshare',
      '--mount',
      'sh',
      '-c',
      'mount -t tmpfs none "$(dirname "$(command -v nft)")" && exec "$@"',
      '-',
    ]
    await lab().rules(`table inet lab { chain input { type filter hook input priority 0; ip daddr ${GROUP} drop; }; }`)
    const { status, objects } = await runCli(['doctor', '--json', CHANNEL, '-i', 'a0'], { prefix: hidden })
    const lines = objects<Line>()
    expect(status).toBe(1)
    expect(lines.at(-1)).toMatchObject({ cause: 'firewall', certainty: 'possible' })
    expect(lines.find(({ check }) => check === 'firewall')?.says).toContain('nft is not installed')
  })

  it.each([true, false])('is no surer than it can be without capabilities, with a stream: %s', async (sends) => {
    if (sends) await lab().stream()
    const { status, stderr, objects } = await runCli(['doctor', '--json', CHANNEL, '-i', 'a0'], {
      prefix: UNPRIVILEGED,
    })
    const lines = objects<Line>()
    expect({ status, stderr }).toEqual({ status: sends ? 0 : 1, stderr: '' })
    expect(lines.flatMap(({ certainty }) => certainty ?? []).filter((one) => one !== 'possible')).toEqual([])
    for (const check of ['wire', 'querier'])
      expect(lines.find((line) => line.check === check)).toMatchObject({
        status: 'skip',
        says: expect.stringContaining('CAP_NET_RAW'),
      })
  })

  it('ends when it was told to, although thirty thousand rules take longer to list', async () => {
    const rule = (n: number): string => `add rule inet lab input ip saddr 10.1.${n >> 8}.${n & 255} udp dport 7000 drop`
    const lines = Array.from({ length: 75 }, (_, line) =>
      Array.from({ length: 400 }, (_, n) => rule(line * 400 + n)).join('; '),
    )
    await lab().rules(`table inet lab { chain input { type filter hook input priority 0; ip daddr ${GROUP} drop; }; }`)
    // What an ordinary user sends at once has to fit a small send buffer: with -i each line goes by itself.
    await run('nft', ['-i'], `${lines.join('\n')}\n`)
    await lab().stream()
    const { objects } = await runCli(['doctor', '--json', CHANNEL, '-i', 'a0', '--wait', '250ms'])
    expect(objects<Line>().find(({ check }) => check === 'firewall')).toMatchObject({
      status: 'warn',
      says: expect.stringContaining('nft had not listed its rules in time'),
      advice: expect.stringMatching(/: sockctl doctor 239\.1\.1\.1:5004 -i a0 --wait 30s$/),
    })
    expect(objects<Line>().at(-1)?.flows).toBe(false)
  })

  it('gives its verdict in time although the group is flooded', async () => {
    await lab().sender(
      'B',
      `import { openSender } from 'sockctl'
      const sender = await openSender({ family: 'ipv4', interface: 'b0' })
      const data = Array.from({ length: 500 }, () => Buffer.alloc(64))
      console.log('{}')
      for (;;) {
        await sender.send(data, { address: '${GROUP}', port: ${PORT} })
        await new Promise(setImmediate)
      }`,
    )
    await lab().rules(`table inet lab { chain input { type filter hook input priority 0; ip daddr ${GROUP} drop; }; }`)
    const start = performance.now()
    const { status, objects } = await runCli(['doctor', '--json', CHANNEL, '-i', 'a0'])
    expect(status).toBe(1)
    expect(objects<Line>().at(-1)?.verdict).toBeDefined()
    expect(performance.now() - start).toBeLessThan(10_000)
  })

  it('finds its way among five thousand groups', async () => {
    lab().sysctl('net/ipv4/igmp_max_memberships', 6000)
    await lab().sender(
      'A',
      `import { openReceiver } from 'sockctl'
      const groups = Array.from({ length: 5000 }, (_, n) => ({ group: \`239.2.\${n >> 8}.\${n & 255}\`, interface: 'a0' }))
      globalThis.receiver = await openReceiver({ port: 7000, channels: groups })
      setInterval(() => {}, 1000)
      console.log('{}')`,
    )
    await lab().stream()
    const start = performance.now()
    const { status, stderr } = await runCli(['doctor', CHANNEL, '-i', 'a0'])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(performance.now() - start).toBeLessThan(10_000)
  })
})
