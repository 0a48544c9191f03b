import { type InterfaceCounters, interfaces } from 'sockctl'
import { expect, it } from 'vitest'
import { runCli, sockctl } from '../support/cli.ts'
import { describeOnHosts, twoHosts } from '../support/hosts.ts'
import { describeUnless, namespaceMissing } from '../support/namespace.ts'
import { openTerminal } from '../support/terminal.ts'
import { toolsMissing } from '../support/tools.ts'

type Counted = Pick<InterfaceCounters, 'received' | 'sent'>

interface Told {
  event: string
  name: string
  seconds: number
  grown: Counted
  counters: Counted
  interfaces: Told[]
}

const number = expect.any(Number)
const counts = { packets: number, bytes: number, errors: number, dropped: number }

describeOnHosts('sockctl interfaces', (hosts) => {
  it('gives what the library does, an object a line, and what each interface has counted', async () => {
    const { status, objects } = await runCli(['interfaces', '--json'])
    expect({ status, objects: objects() }).toEqual({
      status: 0,
      objects: interfaces().map((one) => ({
        ...one,
        counters: {
          received: { ...counts, multicast: number, missed: number },
          sent: counts,
        },
      })),
    })
  })

  it('shows the counters below the interfaces, a line a direction', async () => {
    const { stdout } = await runCli(['interfaces', '-i', 'a0'])
    const [, , empty, head, received, sent] = stdout.split('\n')
    expect(empty).toBe('')
    expect(head?.trim().split(/\s+/)).toEqual(['NAME', 'PACKETS', 'BYTES', 'MULTICAST', 'ERRORS', 'DROPPED', 'MISSED'])
    expect(received).toMatch(/^a0 +received( +\d+){6}$/)
    expect(sent).toMatch(/^a0 +sent( +\d+){4}$/)
  })

  it('takes one by name, index or local address', async () => {
    const { name, index, ipv4, ipv6 } = hosts().pairs[0].a
    for (const spec of [name, `${index}`, ipv4[1], ipv6[0]]) {
      const { objects } = await runCli(['interfaces', '--json', '-i', spec])
      expect(objects().map((one) => one.name)).toEqual([name])
    }
  })

  it('prints a table without colour in a pipe', async () => {
    const { name, index, mac, ipv4 } = hosts().pairs[1].a
    const { stdout } = await runCli(['interfaces'])
    const row = stdout.split('\n').find((line) => line.includes(` ${name} `))
    expect(row?.trim().split(/\s+/)).toEqual(
      expect.arrayContaining([`${index}`, name, 'up', 'yes', 'broadcast', '1500', mac, `${ipv4[0]}/24`]),
    )
    expect(stdout).not.toContain('\u001b')
  })

  it('says which interfaces there are if one is missing', async () => {
    const { status, stderr } = await runCli(['interfaces', '-i', 'nosuch0'])
    expect(status).toBe(1)
    expect(stderr).toMatch(/^sockctl interfaces: no interface 'nosuch0'; there are: lo \(1\), .*\ba0 \(\d+\).*\n$/)
  })

  it('watches what is counted and what changes, and ends at Ctrl-C with all of it', async () => {
    const { a, b } = hosts().pairs[0]
    const peer = hosts().spawnProgram('A', sockctl('interfaces', '-w', '--json', '-i', 'a0', '--interval', '200ms'))
    expect(await peer.next<Told>(({ event }) => event === 'watching')).toEqual({
      event: 'watching',
      interfaces: ['a0'],
    })
    const sender = hosts().sender('B', { bind: b.ipv4[0] })
    await sender.send({ address: '239.1.2.3', port: 5000 }, [...Array(20).keys()], { size: 1000 })
    let packets = 0
    while (packets < 20) {
      const { name, grown, counters, seconds } = await peer.next<Told>(({ event }) => event === 'counted')
      expect(name).toBe('a0')
      expect(seconds).toBeGreaterThan(0)
      expect(counters.received.packets).toBeGreaterThanOrEqual(grown.received.packets)
      packets += grown.received.packets
    }
    await hosts().ip('A', 'address', 'add', '10.99.0.1/24', 'dev', 'a0')
    expect(await peer.next<Told>(({ event }) => event === 'address-added')).toMatchObject({
      interface: { name: 'a0', index: a.index },
      address: { address: '10.99.0.1', prefixLength: 24 },
    })
    await hosts().ip('A', 'address', 'delete', '10.99.0.1/24', 'dev', 'a0')
    await peer.next<Told>(({ event }) => event === 'address-removed')
    process.kill(peer.pid, 'SIGINT')
    const end = await peer.next<Told>(({ event }) => event === 'end')
    expect(end).toMatchObject({ changes: 2, interfaces: [{ name: 'a0' }] })
    expect(end.interfaces[0]?.grown.received.packets).toBeGreaterThanOrEqual(20)
    expect(await peer.exited).toEqual({ code: 0, signal: null })
  })

  it('follows an interface that is removed and made anew under its name, whose counters begin at 0', async () => {
    const make = () => hosts().ip('A', 'link', 'add', 'w0', 'type', 'veth', 'peer', 'name', 'w1')
    await make()
    const peer = hosts().spawnProgram('A', sockctl('interfaces', '-w', '-i', 'w0', '--json', '--interval', '100ms'))
    await peer.next<Told>(({ event }) => event === 'watching')
    await hosts().ip('A', 'link', 'delete', 'w0')
    expect(await peer.next<Told>(({ event }) => event === 'removed')).toMatchObject({ interface: { name: 'w0' } })
    await make()
    expect(await peer.next<Told>(({ event }) => event === 'appeared')).toMatchObject({ interface: { name: 'w0' } })
    for (const end of ['w0', 'w1']) await hosts().ip('A', 'link', 'set', end, 'up')
    // Its IPv6 address is checked for duplicates by packets.
    const { grown, counters } = await peer.next<Told>(({ event }) => event === 'counted')
    expect(grown.sent.packets).toBeGreaterThan(0)
    expect(counters.sent.packets).toBeGreaterThanOrEqual(grown.sent.packets)
    await hosts().ip('A', 'link', 'delete', 'w0')
  })

  it('prints a line a reading in a pipe, none of an interface that counts nothing, and ends by --duration', async () => {
    const { status, stdout } = await runCli(['interfaces', '-w', '-i', 'lo', '--interval', '100ms', '-d', '350ms'])
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringMatching(/^0 changes in 0\.\d s\n$/) })
    expect(await runCli(['interfaces', '--interval', '1s'])).toMatchObject({
      status: 2,
      stderr: 'sockctl interfaces: --interval is for --watch: add --watch\n',
    })
  })
})

describeUnless(namespaceMissing ?? toolsMissing({ tmux: 'tmux' }), 'sockctl interfaces --watch at a terminal', () => {
  it('draws its rates over and over at a terminal, and whole columns alone', async () => {
    await using hosts = await twoHosts()
    await using terminal = await openTerminal(sockctl('interfaces', '-w', '--interval', '100ms', '-i', 'a0'), 80, 10)
    const wide = await terminal.until((lines) => lines.some((line) => line.startsWith('a0')))
    expect(wide.find((line) => line.startsWith('NAME'))?.split(/ +/)).toEqual([
      'NAME',
      'RECEIVED',
      'BITS',
      'MULTICAST',
      'SENT',
      'BITS',
      'TROUBLE',
    ])
    await terminal.resize(40, 10)
    await terminal.until((lines) => lines.some((line) => /^NAME +RECEIVED +BITS +SENT$/.test(line)))
    await hosts.ip('A', 'link', 'set', 'a0', 'mtu', '1400')
    await terminal.until((lines) => lines.some((line) => line.endsWith('a0 has the MTU 1400')))
    await hosts.ip('A', 'link', 'set', 'a0', 'mtu', '1500')
    await terminal.type('C-c')
    await terminal.until((lines) => lines.includes('ended with 0'))
  })
})
