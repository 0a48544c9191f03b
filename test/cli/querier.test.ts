// sockctl querier: a network that forgets who listens remembers again, and every query is as the RFCs have it.

import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { type Running, runCli, startCli, startProgram } from '../support/cli.ts'
import { ip, run } from '../support/commands.ts'
import { describeOnHosts, onHost, type TwoHosts, twoHosts } from '../support/hosts.ts'
import { QUERIES, startRouter } from '../support/membership-messages.ts'
import { describeInNamespace, describeUnless, namespaceMissing } from '../support/namespace.ts'
import { toolsMissing } from '../support/tools.ts'
import { readTshark, type Told, tshark } from '../support/tshark.ts'

interface Said {
  event: string
  protocol?: string
  version?: number
  source?: string
  queries?: unknown
  otherQuerier?: boolean
  groups?: number
}

const QUICK = ['--interval', '1s', '--response', '200ms']

const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

describeOnHosts('sockctl querier behind a switch', (hosts) => {
  /** A switch of host A, to which host B is joined twice: it forgets a report after 2 s. */
  const makeSwitch = async () => {
    await ip('link', 'add', 'br0', 'type', 'bridge', 'mcast_snooping', '1', 'mcast_membership_interval', '200')
    undo.push(() => ip('link', 'delete', 'br0'))
    for (const { a } of hosts().pairs) await ip('link', 'set', a.name, 'master', 'br0')
    await ip('link', 'set', 'br0', 'up')
  }
  const remembered = async (): Promise<string[]> => {
    const [{ mdb }] = JSON.parse(await run('bridge', ['-j', 'mdb', 'show', 'dev', 'br0'])) as [
      { mdb: { grp: string; port: string }[] },
    ]
    return mdb.filter(({ port }) => port === hosts().pairs[0].a.name).map(({ grp }) => grp)
  }
  const until = async (holds: (groups: readonly string[]) => boolean): Promise<void> => {
    for (const patience = AbortSignal.timeout(15_000); !holds(await remembered()); )
      if (patience.aborted) throw new Error(`the switch remembers ${(await remembered()).join(' ')}`)
  }

  it('has the switch remember what it would forget', async () => {
    await makeSwitch()
    const [{ b: listening }, { b: asking }] = hosts().pairs
    const wanted = ['239.1.1.1', 'ff15::1']
    const join = `
      import { openReceiver } from 'sockctl'
      await openReceiver({ port: 5000, channels: ${JSON.stringify(wanted)}.map((group) => ({ group, interface: '${listening.name}' })) })
      setInterval(() => {}, 1e6)`
    hosts().spawn('B', { code: join })
    await until((groups) => wanted.every((group) => groups.includes(group)))
    await until((groups) => !wanted.some((group) => groups.includes(group)))

    const querier = startCli(['querier', '-i', asking.name, ...QUICK, '--json'], { prefix: onHost(hosts(), 'B') })
    await until((groups) => wanted.every((group) => groups.includes(group)))
    for (let queries = 0; queries < 5; queries++)
      await querier.object<Said>(({ event, protocol }) => event === 'query' && protocol === 'MLD')
    expect(await remembered()).toEqual(expect.arrayContaining(wanted))
    querier.kill('SIGINT')
    const { status, objects } = await querier.ended
    expect(status).toBe(0)
    expect(objects<Said>().at(-1)).toMatchObject({ event: 'summary', otherQuerier: false })
    expect(objects<Said>().at(-1)?.groups).toBeGreaterThanOrEqual(2)
    await until((groups) => !wanted.some((group) => groups.includes(group)))
  })

  it('asks the host itself too, whose reports keep its own memberships', async () => {
    await makeSwitch()
    const [{ b: on }] = hosts().pairs
    const join = `
      import { openReceiver } from 'sockctl'
      await openReceiver({ port: 5000, channels: [{ group: '239.1.1.2', interface: '${on.name}' }] })
      setInterval(() => {}, 1e6)`
    hosts().spawn('B', { code: join })
    await until((groups) => groups.includes('239.1.1.2'))
    await until((groups) => !groups.includes('239.1.1.2'))
    const querier = startCli(['querier', '-i', on.name, ...QUICK, '--igmp', '3'], { prefix: onHost(hosts(), 'B') })
    await until((groups) => groups.includes('239.1.1.2'))
    querier.kill('SIGTERM')
    expect((await querier.ended).status).toBe(0)
  })

  it.each([
    { protocol: 'IGMP', version: 3, args: ['--igmp', '3'], other: QUERIES.igmpv2 },
    { protocol: 'MLD', version: 1, args: ['--mld', '1'], other: QUERIES.mldv2 },
  ])('stops asking by $protocol once it hears another querier', async ({ protocol, version, args, other }) => {
    const { a, b } = hosts().pairs[1]
    const querier = startCli(['querier', '-i', a.name, ...args, '--json'])
    await querier.object<Said>(({ event }) => event === 'query')
    const router = startRouter(hosts(), 'B', b.index)
    await (protocol === 'IGMP' ? router.igmp(other) : router.mld(other))
    const { status, objects } = await querier.ended
    expect(status).toBe(0)
    expect(objects<Said>()).toMatchObject([
      { event: 'plan', queries: [{ protocol, version }] },
      { event: 'query', protocol, version },
      { event: 'other-querier', protocol, source: protocol === 'IGMP' ? b.ipv4[0] : b.linkLocal },
      { event: 'summary', queries: 1, otherQuerier: true },
    ])
  })
})

describeUnless(namespaceMissing ?? toolsMissing({ tshark: 'tshark' }), 'the queries of sockctl querier', () => {
  let hosts: TwoHosts
  let beside: Running | undefined
  beforeAll(async () => {
    hosts = await twoHosts()
  })
  afterAll(() => hosts?.dispose())
  afterEach(async () => {
    beside?.kill('SIGINT')
    await beside?.ended
  })

  const times = ['--interval', '100s', '--response', '5s', '--robustness', '3', '--duration', '200ms']
  const tail = { suppress: false, robustness: 3, queryInterval: 100 }

  it.each<[string, string[], Partial<Told>]>([
    ['IGMPv3', ['--igmp', '3'], { protocol: 'IGMP', version: 3, source: '0.0.0.0', destination: '224.0.0.1', ...tail }],
    ['IGMPv2', ['--igmp', '2', '--source', '192.0.2.7'], { protocol: 'IGMP', version: 2, source: '192.0.2.7' }],
    ['MLDv2', ['--mld', '2'], { protocol: 'MLD', version: 2, destination: 'ff02::1', ...tail }],
    ['MLDv1', ['--mld', '1'], { protocol: 'MLD', version: 1, destination: 'ff02::1' }],
  ])('are well-formed to tshark: %s', async (_, args, expected) => {
    const { a, b } = hosts.pairs[1]
    beside = startProgram(tshark(b.name), { prefix: onHost(hosts, 'B') })
    await beside.line(/Capture started/)
    expect((await runCli(['querier', '-i', a.name, ...args, ...times])).status).toBe(0)
    for (;;) {
      const { told } = readTshark(await beside.line(/\|/))
      if (told.type !== 'query') continue
      expect(told).toMatchObject({
        ...{ hopLimit: 1, routerAlert: true, checksum: 'good', type: 'query', sources: [], maxResponseTime: 5000 },
        ...(expected.protocol === 'MLD' && { source: a.linkLocal }),
        ...expected,
      })
      return
    }
  })
})

describeInNamespace('sockctl querier', () => {
  const add = async (): Promise<void> => {
    await ip('link', 'add', 'q0', 'type', 'veth', 'peer', 'name', 'q1')
    undo.push(() => ip('link', 'delete', 'q0').catch(() => undefined))
    for (const name of ['q0', 'q1']) await ip('link', 'set', name, 'up')
  }

  it('says beforehand what it will do, and in the end what follows', async () => {
    await add()
    const { stdout, status } = await runCli(['querier', '-i', 'q0', '--igmp', '2', '--duration', '100ms'])
    expect(status).toBe(0)
    // The other end of the cable may report groups of its own meanwhile.
    const said = stdout
      .replaceAll(/^[\d:.]{12}/gm, 'TIME')
      .replace(/\d other hosts? reported \d+ groups?/, 'N reported')
    expect(said).toBe(`\
For 0.1 s, this host asks every host on q0 by IGMPv2 what it listens to: now, again after 31.25 s, then every 125 s.
Each host reports its groups within 10 s. Switches that snoop then forward these groups to the hosts that reported them, and other groups only to routers.
IGMP queries come from 0.0.0.0:
  0.0.0.0 wins no election: a querier that is there goes on asking, and this one stops once it hears it.
  Some switches ignore queries from 0.0.0.0; if memberships are still forgotten, give --source.
  IGMPv2 makes hosts answer in IGMPv2: they can't name sources, so source-specific joins ask for any source.
TIME IGMPv2 general query from 0.0.0.0
1 query; N reported
Nobody asks by IGMP now, as far as was heard: switches forget who listens within 260 s.
`)
    const own = await runCli(['querier', '-i', 'q0', '--source', '192.0.2.1', '--igmp', '3', '--duration', '100ms'])
    expect(own.stdout).toContain('192.0.2.1 takes part in the election, in which the lowest address wins.')
    expect(own.stdout).toContain('until 255 s after the last query')
  })

  it('ends if its interface goes away', async () => {
    await add()
    const querier = startCli(['querier', '-i', 'q0', '--interval', '1s', '--igmp', '3'])
    await querier.line(/general query/)
    await ip('link', 'delete', 'q0')
    const { status, stderr } = await querier.ended
    expect(status).toBe(1)
    expect(stderr).toBe('sockctl querier: q0 is gone or down: nobody asks there now\n')
  })

  it.each([
    [['querier'], 2, 'name the interface to ask on: -i eth0'],
    [['querier', '-i', 'nothing'], 1, 'nothing'],
    [['querier', '-i', 'lo', '--igmp', '4'], 2, 'A whole number from 2 to 3 is needed'],
    [['querier', '-i', 'lo', '--mld', '3'], 2, 'A whole number from 1 to 2 is needed'],
    [['querier', '-i', 'lo', '--mld', '2'], 1, 'lo has no link-local IPv6 address, which queries of MLD come from'],
    [['querier', '-i', 'lo', '--source', '239.1.1.1'], 2, "--source '239.1.1.1' is not the IPv4 address of a host"],
    [['querier', '-i', 'lo', '--source', 'fe80::1'], 2, "--source 'fe80::1' is not the IPv4 address of a host"],
    [['querier', '-i', 'lo', '--source', '0.0.0.1'], 2, "--source '0.0.0.1' is not the IPv4 address of a host"],
    [['querier', '-i', 'lo', '--mld', '2', '--source', '192.0.2.1'], 2, '--source is for IGMP'],
    [['querier', '-i', 'lo', '--interval', '10s', '--response', '10s'], 2, '--response has to be shorter'],
    [['querier', '-i', 'lo', '--interval', '500ms'], 2, '--interval is from 1 s to 31744 s'],
    [['querier', '-i', 'lo', '--igmp', '2', '--response', '26s'], 2, '--response is from 100 ms to 25.5 s'],
    [['querier', '-i', 'lo', '--robustness', '8'], 2, 'A whole number from 1 to 7 is needed'],
    [['querier', '-i', 'lo', '--duration', 'long'], 2, 'A time is needed'],
    [['querier', '-i', 'lo', 'more'], 2, 'too many arguments'],
  ])('refuses %j', async (args, expected, message) => {
    const { status, stderr, stdout } = await runCli(args)
    expect({ status, stdout }).toEqual({ status: expected, stdout: '' })
    expect(stderr).toContain(message)
    expect(stderr.trim().split('\n')).toHaveLength(1)
  })
})
