// `sockctl ping` of one host: answers, names, broadcasts, and the ICMP errors of routers.
import { describe, expect, it } from 'vitest'
import { type Ended, runCli } from '../support/cli.ts'
import { describeOnHosts, onHost, plan } from '../support/hosts.ts'

interface Told {
  event: string
  host: string
  address: string
  on: string
  sequence: number
  code: string
  offender: string
}

const [{ a, b }] = plan

describeOnHosts('sockctl ping of a host', (hosts) => {
  describe.each([
    ['a raw socket', 'A', b],
    ['an unprivileged ICMP socket', 'B', a],
  ] as const)('by %s', (_, from, peer) => {
    const ping = async (...args: string[]): Promise<Ended> => {
      if (from === 'B') await hosts().sysctl('B', 'net.ipv4.ping_group_range', '0 0')
      return runCli(['ping', ...args], { prefix: onHost(hosts(), from) })
    }
    const through = from === 'A' ? 'a0' : 'b0'

    it.each(['ipv4', 'ipv6'] as const)('prints its answers, and ends with the last: %s', async (family) => {
      const address = peer[family][1]
      const start = performance.now()
      const { status, stderr, objects } = await ping(
        address,
        '-c',
        '2',
        '--interval',
        '100ms',
        '--wait',
        '1m',
        '--json',
      )
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
      expect(performance.now() - start).toBeLessThan(30_000)
      const told = objects<Told>()
      expect(told.slice(0, 2)).toMatchObject(
        [1, 2].map((sequence) => ({ event: 'answer', host: address, on: through, sequence })),
      )
      expect(told.at(-1)).toMatchObject({ event: 'summary', requests: 2, hosts: [{ host: address, answers: 2 }] })
    })

    it('reaches a link-local address by the interface of -i', async () => {
      const { linkLocal } = hosts().pairs[0][from === 'A' ? 'b' : 'a']
      expect(await ping(linkLocal, '-i', through, '-c', '1')).toMatchObject({
        status: 0,
        stdout: expect.stringContaining(`${linkLocal}%${through} on ${through}: seq 1, `),
      })
    })

    it.each([
      ['ICMP', '192.0.2.', '-4', 'ipv4'],
      ['ICMPv6', '2001:db8::', '-6', 'ipv6'],
    ] as const)('tells the errors of routers: %s', async (protocol, net, family, key) => {
      const [nowhere, far] = [`${net}8`, `${net}9`]
      const [other, beyond] = from === 'A' ? (['B', 'b1'] as const) : (['A', 'a1'] as const)
      await hosts().sysctl(other, 'net.ipv4.ip_forward', 1)
      await hosts().sysctl(other, 'net.ipv6.conf.all.forwarding', 1)
      await hosts().sysctl(other, 'net.ipv4.icmp_ratelimit', 0)
      for (const target of [nowhere, far]) await hosts().ip(from, family, 'route', 'add', target, 'via', peer[key][0])
      await hosts().ip(other, family, 'route', 'add', far, 'dev', beyond)
      try {
        const unreachable = await ping(nowhere, '-c', '1', '--wait', '5s')
        expect(unreachable).toMatchObject({ status: 1, stdout: '1 request, no answer\n' })
        const [router = ''] = /[\d.a-f:]+(?=\)\n$)/.exec(unreachable.stderr) ?? []
        expect(peer[key]).toContain(router)
        expect(unreachable.stderr).toBe(
          `sockctl ping: ENETUNREACH: ${nowhere} can't be reached (${protocol} of ${router})\n`,
        )
        expect(await ping(far, '-c', '1', '--hops', '1', '--wait', '5s')).toMatchObject({
          status: 1,
          stderr: `sockctl ping: EHOSTUNREACH: the hop limit was used up on the way to ${far} (${protocol} of ${router})\n`,
        })
        const { objects } = await ping(far, '-c', '1', '--hops', '1', '--wait', '5s', '--json')
        expect(objects<Told>()[0]).toMatchObject({ event: 'returned-error', code: 'EHOSTUNREACH', offender: router })
      } finally {
        for (const target of [nowhere, far]) await hosts().ip(from, family, 'route', 'del', target)
        await hosts().ip(other, family, 'route', 'del', far)
      }
    })
  })

  it('looks a name up once, and says what it stands for', async () => {
    const { status, stderr } = await runCli(['ping', 'localhost', '-c', '1'])
    expect(status).toBe(0)
    expect(stderr).toMatch(/^sockctl ping: localhost is (127\.0\.0\.1|::1)\n$/)
    const [first] = (await runCli(['ping', 'localhost', '-c', '1', '--json'])).objects<Told>()
    expect(first).toMatchObject({ event: 'resolved', host: 'localhost' })
  })

  it('asks everybody by a broadcast address', async () => {
    await hosts().sysctl('B', 'net.ipv4.icmp_echo_ignore_broadcasts', 0)
    const { status, stdout } = await runCli(['ping', '10.77.0.255', '-c', '1', '--wait', '300ms'])
    expect(status).toBe(0)
    expect(stdout).toContain(`${b.ipv4[0]} on a0: seq 1, `)
  })

  it('fails if the host is silent', async () => {
    await hosts().sysctl('B', 'net.ipv4.icmp_echo_ignore_all', 1)
    expect(await runCli(['ping', b.ipv4[0], '-c', '1', '--wait', '200ms'])).toMatchObject({
      status: 1,
      stderr: `sockctl ping: ${b.ipv4[0]} did not answer\n`,
    })
  })

  it('fails if nobody has the name', async () => {
    expect(await runCli(['ping', 'nosuch.invalid'])).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^sockctl ping: nosuch\.invalid can't be looked up \(E\w+\)\n$/),
    })
  })
})
