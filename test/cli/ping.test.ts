import { describe, expect, it } from 'vitest'
import { type Running, runCli, startCli, startProgram } from '../support/cli.ts'
import { describeOnHosts, onHost } from '../support/hosts.ts'
import { families } from '../support/lanes.ts'
import { describeUnless } from '../support/namespace.ts'
import { toolsMissing } from '../support/tools.ts'

interface Told {
  event: string
  host: string
  on: string
  by: string
  source: { address: string }
  sequence: number
  milliseconds: number
  distance: number
  duplicate: boolean
  hosts: { host: string; answers: number }[]
  unicast: { received: number }
  multicast: { received: number }
}

describeOnHosts('sockctl ping to a group', (hosts) => {
  const groups = { 4: '224.0.0.1', 6: 'ff02::1' } as const

  // In a new namespace nobody may open an ICMP socket. An ordinary user's namespace can't restore that, so only host B
  // keeps it.
  describe.each([
    ['a raw socket', 'A', 'B'],
    ['an unprivileged ICMP socket', 'B', 'A'],
  ] as const)('by %s', (_, from, to) => {
    it.each([4, 6] as const)('prints who answers, over IPv%d', async (family) => {
      if (from === 'B') await hosts().sysctl('B', 'net.ipv4.ping_group_range', '0 0')
      await hosts().sysctl(to, 'net.ipv4.icmp_echo_ignore_broadcasts', 0)
      const { a, b } = hosts().pairs[0]
      const [{ name }, peer] = from === 'A' ? [a, b] : [b, a]
      const prefix = onHost(hosts(), from)
      const args = ['ping', groups[family], '-i', name, '-c', '2', '--interval', '100ms', '--wait', '500ms']
      const { status, stderr, objects } = await runCli([...args, '--json'], { prefix })
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
      const told = objects<Told>()
      const host = family === 4 ? peer.ipv4[0] : `${peer.linkLocal}%${name}`
      const answers = told.filter((one) => one.event === 'answer' && one.host === host)
      expect(answers).toMatchObject([
        { sequence: 1, on: name, duplicate: false, hopLimit: 64, bytes: 64 },
        { sequence: 2, on: name, duplicate: false, hopLimit: 64, bytes: 64 },
      ])
      const times = answers.map(({ milliseconds }) => milliseconds)
      const [least, most] = [Math.min(...times), Math.max(...times)]
      expect(told.at(-1)?.hosts).toContainEqual(
        expect.objectContaining({
          host,
          answers: 2,
          duplicates: 0,
          least,
          most,
          mean: expect.closeTo((least + most) / 2, 6),
        }),
      )
      expect((await runCli(args, { prefix })).stdout).toMatch(
        new RegExp(` on ${name}: seq 1, \\d+\\.\\d{3} ms, 64 bytes, hop limit 64\n`),
      )
    })
  })

  it('takes the interface from the group’s zone', async () => {
    const { objects } = await runCli(['ping', 'ff02::1%a1', '-c', '1', '--wait', '300ms', '--json'])
    expect(objects<Told>()[0]).toMatchObject({ on: 'a1' })
  })

  it('says what may keep hosts from answering', async () => {
    await hosts().sysctl('A', 'net.ipv4.icmp_echo_ignore_broadcasts', 1)
    await hosts().sysctl('B', 'net.ipv4.icmp_echo_ignore_broadcasts', 1)
    const { status, stderr } = await runCli(['ping', '224.0.0.1', '-i', 'a0', '-c', '1', '--wait', '200ms'])
    expect(status).toBe(1)
    expect(stderr).toBe(
      'sockctl ping: nobody in 224.0.0.1 answered; hosts ignore pings to groups unless their net.ipv4.icmp_echo_ignore_broadcasts is 0\n',
    )
  })

  it('does not blame the sysctl of IPv4 if nobody in a group of IPv6 answers', async () => {
    const { status, stderr } = await runCli(['ping', 'ff02::1234', '-i', 'a0', '-c', '1', '--wait', '200ms'])
    expect({ status, stderr }).toEqual({ status: 1, stderr: 'sockctl ping: nobody in ff02::1234 answered\n' })
  })

  it('says what it needs if it is not allowed', async () => {
    const prefix = ['setpriv', '--bounding-set=-all', '--inh-caps=-all']
    const { status, stderr } = await runCli(['ping', '224.0.0.1', '-i', 'a0'], { prefix })
    expect(status).toBe(1)
    expect(stderr).toBe(
      'sockctl ping: ICMP needs CAP_NET_RAW, or a group of yours in the sysctl net.ipv4.ping_group_range\n',
    )
  })

  it.each([
    [[]],
    [['10.0.0.1:7']],
    [['224.0.0.1:7']],
    [['10.0.0.1@10.0.0.2']],
    [['10.0.0.2@232.1.1.1']],
    [['300.0.0.1']],
    [['224.0.0.1', '-c', '0']],
    [['--server', '224.0.0.1']],
    [['--ssm']],
    [['--ssm', '224.0.0.1']],
  ])('calls it bad usage: %j', async (args) => {
    const { status, stderr } = await runCli(['ping', ...args])
    expect(status).toBe(2)
    expect(stderr).toMatch(/^sockctl ping: [^\n]+\n$/)
  })
})

describeOnHosts('sockctl ping with a server', (hosts) => {
  const serving = async (...args: string[]): Promise<Running> => {
    const server = startCli(['ping', '--server', '--json', ...args], { prefix: onHost(hosts(), 'B') })
    await server.object<Told>(({ event }) => event === 'listening')
    return server
  }
  const QUICK = ['-i', 'a0', '-c', '3', '--interval', '100ms', '--wait', '500ms']

  it.each(families)('compares unicast and multicast over IPv$family', async ({ key, family }) => {
    const server = await serving()
    const address = hosts().pairs[0].b[key][0]
    const { status, stderr, objects } = await runCli(['ping', '--ssm', address, ...QUICK, '--json'])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const told = objects<Told>()
    expect(told[0]).toMatchObject({
      event: 'joined',
      version: 2,
      group: family === 4 ? '232.43.211.234' : 'ff3e::4321:1234',
    })
    for (const by of ['unicast', 'multicast'])
      expect(told.filter((one) => one.by === by)).toMatchObject(
        [1, 2, 3].map((sequence) => ({ sequence, distance: 0, duplicate: false, source: { address } })),
      )
    expect(told.at(-1)).toMatchObject({ sent: 3, unicast: { received: 3 }, multicast: { received: 3 } })
    server.kill('SIGINT')
    expect((await server.ended).objects().at(-1)).toMatchObject({ event: 'summary', answered: 4 })
  })

  it('joins a group of the caller’s choice, also from any source', async () => {
    await serving()
    const args = ['ping', '--ssm', '10.77.0.11', '--group', '232.1.1.234', '--any-source', ...QUICK]
    const { stdout, status } = await runCli(args)
    expect(status).toBe(0)
    expect(stdout).toMatch(/^joined 232\.1\.1\.234 on a0, asking 10\.77\.0\.11:4321\n/)
    expect(stdout).toMatch(/^multicast 3 of 3 answers: least\/mean\/most [\d.]+\/[\d.]+\/[\d.]+ ms$/m)
  })

  it('says what is wrong if multicast does not come back, if the server is away, and if it does not give the group', async () => {
    const quick = (...args: string[]) =>
      runCli(['ping', '--ssm', '10.77.0.11', '-c', '1', '--wait', '300ms', '-i', ...args])
    expect(await quick('a0')).toMatchObject({ status: 1, stderr: expect.stringContaining('the server did not answer') })
    await serving()
    expect(await quick('a1')).toMatchObject({ status: 1, stderr: expect.stringContaining('nothing came by multicast') })
    expect(await quick('a0', '--group', '239.1.1.1')).toMatchObject({
      status: 1,
      stderr: 'sockctl ping: the server does not send to the group 239.1.1.1\n',
    })
  })

  it('survives whatever is sent to a server', async () => {
    const server = await serving('--answers', '1')
    const bad = ['', '00', '51', '5100', '51000000010200', '510004000501e0000001', 'ff'.repeat(100)]
    await sendPayloadsFromA(bad)
    await server.object<Told>(({ event }) => event === 'malformed')
    expect((await runCli(['ping', '--ssm', '10.77.0.11', ...QUICK])).status).toBe(1)
    expect(await server.ended).toMatchObject({ status: 0, stderr: '' })
  })

  const sendPayloadsFromA = async (inHex: readonly string[]): Promise<void> => {
    await using sender = hosts().spawn('A', 'payload-sender.mjs', ['a0', '10.77.0.1'])
    await sender.request('send', { to: { address: '10.77.0.11', port: 4321 }, payloads: inHex })
  }

  describeUnless(toolsMissing({ ssmping: 'ssmping' }), 'and Debian’s ssmping', () => {
    it('asks ssmpingd', async () => {
      startProgram(['ssmpingd'], { prefix: onHost(hosts(), 'B') })
      const ended = await untilAnswered(() => runCli(['ping', '--ssm', '10.77.0.11', ...QUICK, '--json']))
      expect(ended.objects<Told>()[0]).toMatchObject({ event: 'joined', version: 1, group: '232.43.211.234' })
      expect(ended.objects<Told>().at(-1)).toMatchObject({ unicast: { received: 3 }, multicast: { received: 3 } })
    })

    it('answers ssmping', async () => {
      await serving()
      const { stdout } = await startProgram(['ssmping', '-c', '2', '-I', 'a0', '10.77.0.11']).ended
      expect(stdout).toMatch(/unicast from 10\.77\.0\.11, seq=1 dist=0/)
      expect(stdout).toMatch(/multicast from 10\.77\.0\.11, seq=\d dist=0/)
    })
  })

  /** Waits until ssmpingd has its port, since it does not print that it is ready. */
  const untilAnswered = async (ask: () => ReturnType<typeof runCli>) => {
    let ended = await ask()
    for (let tries = 0; ended.status !== 0 && tries < 5; tries++) ended = await ask()
    return ended
  }
})
