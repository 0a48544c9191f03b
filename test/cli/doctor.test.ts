import dgram from 'node:dgram'
import { once } from 'node:events'
import { control } from 'sockctl'
import { afterEach, describe, expect, it } from 'vitest'
import { runCli } from '../support/cli.ts'
import { ip, raise, sysctl } from '../support/commands.ts'
import { diagnose as doctor, type Line } from '../support/doctor.ts'
import { describeOnHosts, plan } from '../support/hosts.ts'
import { QUERIES, startRouter } from '../support/membership-messages.ts'
import { startStream } from '../support/streams.ts'

const PORT = 5004
const [{ a, b }] = plan
const FOREIGN = '198.51.100.7'

describeOnHosts('sockctl doctor', (hosts) => {
  const undo: (() => unknown)[] = []
  afterEach(async () => {
    for (const step of undo.splice(0).reverse()) await step()
  })
  const set = (path: string, value: number) => {
    const setting = sysctl(path, value)
    undo.push(() => setting[Symbol.dispose]())
  }
  const send = async (bind: string, group: string, more: { port?: number; size?: number; on?: string } = {}) => {
    const stream = await startStream(hosts(), { bind, group, port: PORT, ...more })
    undo.push(stream.close)
  }
  /** IPv6 names the interface it sends by, IPv4 the address. */
  const throughB = (group: string) => (group.includes(':') ? { on: `::%${b.name}` } : {})
  const on = ['-i', a.name]
  const quickly = [...on, '--wait', '700ms']

  it.each([
    ['IPv4, any source', b.ipv4[0], '239.1.1.1', `239.1.1.1:${PORT}`],
    ['IPv4, one source', b.ipv4[0], '232.1.1.1', `${b.ipv4[0]}@232.1.1.1:${PORT}`],
    ['IPv6, any source', b.ipv6[0], 'ff15::1', `[ff15::1]:${PORT}`],
    ['IPv6, one source', b.ipv6[0], 'ff3e::1', `[${b.ipv6[0]}]@[ff3e::1]:${PORT}`],
  ])('finds nothing wrong if nothing is: %s', async (_, bind, group, channel) => {
    await send(bind, group, throughB(group))
    const { status, verdict, delivered, failed, find } = await doctor(channel, ...on)
    expect({ status, failed }).toEqual({ status: 0, failed: [] })
    expect(delivered).toBeGreaterThan(0)
    expect(verdict).toMatch(/ arrives; /)
    expect(find('wire')?.says).toMatch(
      new RegExp(`^${bind} to port ${PORT}: .*(TTL|hop limit) 3, payloads up to 100 bytes$`),
    )
    expect(find('join')?.status).toBe('pass')
    expect(find('membership')).toMatchObject({ status: 'pass', says: expect.stringContaining(group) })
    expect(find('report')?.status).toBe('pass')
  })

  it('finds the port by itself if none is given', async () => {
    await send(b.ipv4[0], '239.1.1.1', { port: 7123 })
    const { status, delivered, find } = await doctor('239.1.1.1', ...on)
    expect(status).toBe(0)
    expect(delivered).toBeGreaterThan(0)
    expect(find('wire')?.says).toContain('to port 7123:')
  })

  it('names an interface that is down', async () => {
    await ip('link', 'set', a.name, 'down')
    undo.push(() => raise(a.name))
    const { status, verdict, cause, find } = await doctor(`239.1.1.1:${PORT}`, ...quickly)
    expect({ status, cause, verdict }).toEqual({
      status: 1,
      cause: 'interface',
      verdict: `Proven: the interface ${a.name} is down. Fix: ip link set ${a.name} up`,
    })
    expect(find('interface')?.fix).toBe(`ip link set ${a.name} up`)
  })

  it('names a missing route if no interface is named', async () => {
    const { status, verdict, cause } = await doctor(`239.1.1.1:${PORT}`)
    expect({ status, cause }).toEqual({ status: 1, cause: 'route' })
    expect(verdict).toMatch(/no route to 239\.1\.1\.1/)
  })

  it('names a join on another interface than the one to the source', async () => {
    await ip('route', 'add', '224.0.0.0/4', 'dev', plan[1].a.name)
    undo.push(() => ip('route', 'delete', '224.0.0.0/4', 'dev', plan[1].a.name))
    await send(b.ipv4[0], '232.1.1.1')
    const { find, cause, certainty, fix } = await doctor(`${b.ipv4[0]}@232.1.1.1:${PORT}`, '--wait', '700ms')
    expect(find('route')?.says).toContain(`the route to ${b.ipv4[0]} goes by ${a.name}`)
    // The stream was seen where the route to the source goes.
    expect({ cause, certainty }).toEqual({ cause: 'wire', certainty: 'likely' })
    expect(fix).toBe(`sockctl receive ${b.ipv4[0]}@232.1.1.1:${PORT} -i ${a.name}`)
  })

  it.each([
    [`there is no route to ${FOREIGN} at all`, 1, async () => {}, `ip route replace ${FOREIGN} dev ${a.name}`],
    [`there is no route to ${FOREIGN} at all`, 2, async () => {}, `ip route replace ${FOREIGN} dev ${a.name}`],
    [
      `the route to ${FOREIGN} is unreachable`,
      1,
      async () => ip('route', 'add', 'unreachable', FOREIGN),
      `ip route replace ${FOREIGN} dev ${a.name}`,
    ],
    [
      `the route to ${FOREIGN} goes by ${plan[1].a.name}`,
      1,
      async () => ip('route', 'add', FOREIGN, 'dev', plan[1].a.name),
      `sysctl -w net.ipv4.conf.${a.name}.rp_filter=2`,
    ],
  ] as const)('names a strict or loose rp_filter, and says that %s (rp_filter %d)', async (how, mode, route, fix) => {
    await hosts().ip('B', 'address', 'add', `${FOREIGN}/32`, 'dev', b.name)
    undo.push(() => hosts().ip('B', 'address', 'delete', `${FOREIGN}/32`, 'dev', b.name))
    await route()
    undo.push(() => ip('route', 'delete', FOREIGN).catch(() => {}))
    set(`net/ipv4/conf/${a.name}/rp_filter`, mode)
    await send(FOREIGN, '232.1.1.1', { on: b.ipv4[0] })
    const { status, verdict, cause, find } = await doctor(`${FOREIGN}@232.1.1.1:${PORT}`, ...quickly)
    expect({ status, cause }).toEqual({ status: 1, cause: 'reverse path' })
    expect(verdict).toContain(`the reverse path filter drops the datagrams: ${how}, and rp_filter`)
    expect(find('reverse path')?.says).toMatch(/the filter dropped [1-9]\d* packets meanwhile/)
    expect(find('reverse path')).toMatchObject({ fix, certainty: 'likely' })
  })

  it.each([
    ['ipv4', 'force_igmp_version', 2, '232.1.1.1', `232.1.1.1:${PORT}`, b.ipv4[0]],
    ['ipv6', 'force_mld_version', 1, 'ff3e::1', `[ff3e::1]:${PORT}`, b.ipv6[0]],
  ] as const)('names the source lost for %s by %s', async (family, name, version, group, channel, source) => {
    set(`net/${family}/conf/${a.name}/${name}`, version)
    await send(source, group, throughB(group))
    const { verdict, cause, delivered, find } = await doctor(channel, '--source', source, ...quickly)
    expect(cause).toBe('version')
    expect(verdict).toContain(`net.${family}.conf.${a.name}.${name} is ${version}`)
    // There is no switch between the hosts, so the datagrams arrive all the same.
    expect(delivered).toBeGreaterThan(0)
    expect(find('version')).toMatchObject({
      status: 'fail',
      fix: `sysctl -w net.${family}.conf.${a.name}.${name}=0`,
    })
  })

  it('names an older querier that made the host fall back', async () => {
    const { index } = hosts().pairs[1].b
    await startRouter(hosts(), 'B', index).igmp(QUERIES.igmpv2)
    const { verdict, cause } = await doctor('10.77.1.11@232.1.1.1:5004', '-i', plan[1].a.name, '--wait', '700ms')
    expect(cause).toBe('fallback')
    expect(verdict).toContain(`${plan[1].a.name} speaks IGMPv2, whose reports can't name a source`)
  })

  it('hears a querier', async () => {
    const router = startRouter(hosts(), 'B', hosts().pairs[0].b.index)
    const asking = setInterval(() => router.igmp(QUERIES.igmpv3).catch(() => {}), 100)
    undo.push(() => clearInterval(asking))
    const { find } = await doctor(`239.1.1.1:${PORT}`, ...on, '--wait', '2s')
    expect(find('querier')).toMatchObject({ status: 'pass', says: expect.stringMatching(/ sends queries of IGMPv3$/) })
  })

  it.each([
    ['net.ipv4.igmp_max_memberships', 0, [b.ipv4[0]]],
    ['net.ipv4.igmp_max_msf', 1, b.ipv4],
  ])('names the limit %s', async (name, value, sources) => {
    set(name, value)
    const { status, verdict, cause } = await doctor(
      `232.1.1.1:${PORT}`,
      ...quickly,
      ...sources.flatMap((one) => ['--source', one]),
    )
    expect({ status, cause }).toEqual({ status: 1, cause: 'limits' })
    expect(verdict).toContain(`the limit ${name} `)
  })

  it.each([
    ['IPv4', '232.1.1.1', `232.1.1.1:${PORT}`, b.ipv4],
    ['IPv6', 'ff3e::1', `[ff3e::1]:${PORT}`, b.ipv6],
  ] as const)('names the source that sends if another was asked for: %s', async (_, group, channel, sources) => {
    const [wanted, other] = sources
    await send(other, group, throughB(group))
    const { status, verdict, cause, find } = await doctor(channel, '--source', wanted, ...quickly)
    expect({ status, cause, verdict }).toEqual({
      status: 1,
      cause: 'wire',
      verdict: expect.stringContaining(`Likely: another source sends: ${other}, not ${wanted}. Fix: sockctl receive `),
    })
    expect(find('wire')?.fix).toMatch(
      other.includes(':')
        ? /^sockctl receive '\[.*\]@\[ff3e::1\]:5004' -i a0$/
        : `sockctl receive ${other}@${channel} -i a0`,
    )
  })

  it('names the port that is sent to if another was asked for', async () => {
    await send(b.ipv4[0], '239.1.1.1', { port: 7123 })
    const { status, verdict } = await doctor(`239.1.1.1:${PORT}`, ...quickly)
    expect({ status, verdict }).toEqual({
      status: 1,
      verdict: `Likely: 239.1.1.1 is sent to port 7123, not ${PORT}. Fix: sockctl receive 239.1.1.1:7123 -i ${a.name}`,
    })
  })

  it.each([
    ['udp4', '239.1.1.1', `239.1.1.1:${PORT}`, b.ipv4[0]],
    ['udp6', 'ff15::1', `[ff15::1]:${PORT}`, b.ipv6[0]],
  ] as const)('names a source that another %s socket blocks', async (type, group, channel, source) => {
    const socket = dgram.createSocket(type).bind(0)
    await once(socket, 'listening')
    undo.push(() => socket.close())
    const membership = await control(socket).join({ group, interface: a.name })
    await membership.block(source)
    await send(source, group, throughB(group))
    const { status, find } = await doctor(channel, ...on)
    expect(status).toBe(0)
    expect(find('blocked')?.says).toContain(`a socket of this host blocks ${source}`)
  })

  it.each([`239.1.1.1:${PORT}`, `[ff15::1]:${PORT}`])('says that nobody sends %s', async (channel) => {
    const { status, verdict, cause } = await doctor(channel, ...quickly)
    expect({ status, cause }).toEqual({ status: 1, cause: 'wire' })
    expect(verdict).toMatch(
      /^Nothing is proven\. Possible: nobody sends .* or the network does not bring it to a0\. Ruled out: interface, .* Try next: check that the sender sends/,
    )
  })

  it('says that a source-specific group needs its source', async () => {
    const { cause, verdict } = await doctor(`232.1.1.1:${PORT}`, ...quickly)
    expect(cause).toBe('group')
    expect(verdict).toContain('no source was named')
  })

  it('names whoever has the port for itself, is bound to one address, or does not read', async () => {
    const code = `
      import dgram from 'node:dgram'
      const [port, address] = JSON.parse(process.argv.at(-1))
      dgram.createSocket('udp4').bind(port, address, () => console.log('{}'))`
    const taken = hosts().spawn('A', { code }, [JSON.stringify([PORT, '0.0.0.0'])])
    await taken.next()
    const first = await doctor(`239.1.1.1:${PORT}`, ...quickly)
    expect(first).toMatchObject({ status: 1, cause: 'joined', certainty: 'likely' })
    expect(first.verdict).toMatch(
      /^Likely: node.* has port 5004, but nobody on this host has joined 239\.1\.1\.1 on a0\./,
    )
    expect(first.find('bind')?.status).toBe('warn')
    await taken.close()

    const unicast = hosts().spawn('A', { code }, [JSON.stringify([PORT, a.ipv4[0]])])
    await unicast.next()
    undo.push(unicast.close)
    await send(b.ipv4[0], '239.1.1.1')
    const second = await doctor(`239.1.1.1:${PORT}`, ...on)
    expect(second.cause).toBe('socket')
    expect(second.verdict).toMatch(
      new RegExp(
        `node.* \\(${unicast.pid}\\) has port ${PORT}, but is bound to ${a.ipv4[0]}, which takes no multicast`,
      ),
    )
  })

  it('notes datagrams larger than the MTU', async () => {
    await send(b.ipv4[0], '239.1.1.1', { size: 2000 })
    const { status, find } = await doctor(`239.1.1.1:${PORT}`, ...on)
    expect(status).toBe(0)
    expect(find('size')).toMatchObject({ status: 'warn', advice: 'send at most 1472 bytes a datagram' })
  })

  it('tells what it can without a capability, and what it can not', async () => {
    const prefix = [
      'setpriv',
      '--bounding-set=-net_raw,-net_admin',
      '--inh-caps=-net_raw,-net_admin',
      '--ambient-caps=-all',
    ]
    const { status, objects } = await runCli(['doctor', '--json', `239.1.1.1:${PORT}`, ...quickly], { prefix })
    expect(status).toBe(1)
    const lines = objects<Line>()
    expect(lines.find(({ check }) => check === 'wire')).toMatchObject({
      status: 'skip',
      says: expect.stringContaining('CAP_NET_RAW'),
    })
    // The command is root's, who lacks the capability.
    expect(lines.at(-1)?.verdict).toContain('with CAP_NET_RAW, doctor would see whether it is on the wire')
  })

  it('prints lines for a person, the verdict last', async () => {
    await send(b.ipv4[0], '239.1.1.1')
    const { status, stdout } = await runCli(['doctor', `239.1.1.1:${PORT}`, ...on])
    expect(status).toBe(0)
    expect(stdout).toMatch(new RegExp(`^pass  interface     ${a.name} is up`))
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^239\.1\.1\.1:5004 arrives; /)
  })
})

describe('sockctl doctor is asked wrongly', () => {
  it.each([
    [2, []],
    [2, ['10.0.0.1']],
    [2, ['239.1.1.1', '--source', '239.1.1.2']],
    [2, ['239.1.1.1', '--source', 'ff::1']],
    [2, ['239.1.1.1', '--wait', '-1']],
    [1, ['239.1.1.1', '-i', 'nosuch0']],
  ])('exit status %d for %j', async (expected, args) => {
    const { status, stdout, stderr } = await runCli(['doctor', ...args])
    expect({ status, stdout }).toEqual({ status: expected, stdout: '' })
    expect(stderr).toMatch(/^sockctl doctor: [^\n]+\n$/)
  })
})
