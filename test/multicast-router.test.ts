// A router made of MRT_* and MRT6_*, beside smcroute and igmpproxy in the same network.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type MessageSocket, openSocket } from 'sockctl'
import {
  MRT_ADD_MFC,
  MRT_ADD_VIF,
  MRT_DEL_MFC,
  MRT_DONE,
  MRT_FLUSH,
  MRT_INIT,
  MRT_TABLE,
  MRT6_ADD_MIF,
  MRT6_INIT,
} from 'sockctl/options'
import { expect, it, onTestFinished } from 'vitest'
import { ip } from './support/commands.ts'
import { seqs } from './support/datagrams.ts'
import { describeOnHosts } from './support/hosts.ts'
import { describeInNamespace, describeUnless } from './support/namespace.ts'
import { hearing, type Inet, ROUTERS, routing, sourceHost } from './support/routing.ts'
import { toolsMissing } from './support/tools.ts'

const PORT = 5977
const GROUP = { ipv4: '239.255.77.1', ipv6: 'ff1e::77' } as const
const TWENTY = Array.from({ length: 20 }, (_, seq) => seq)

const missing = toolsMissing({ smcrouted: 'smcroute', igmpproxy: 'igmpproxy' })
const cases = ROUTERS.flatMap(({ name, families, start }) => families.map((family) => ({ name, family, start })))

async function raw(family: Inet): Promise<MessageSocket> {
  const protocol = family === 'ipv4' ? 'IPPROTO_IGMP' : 'IPPROTO_ICMPV6'
  const socket = (await openSocket({ family, type: 'raw', protocol })).toMessageSocket() as unknown as MessageSocket
  onTestFinished(() => socket.close())
  return socket
}

describeOnHosts('a static multicast router', (hosts) => {
  describeUnless(missing, 'beside smcroute and igmpproxy', () => {
    it.each(cases)('$name over $family forwards 20 of 20, keeps thresholds, and counts', async ({ family, start }) => {
      const group = GROUP[family]
      const to = { address: group, port: PORT }
      const sender = (await sourceHost(hosts()))(family)
      await start(hosts(), group)
      const [near, far] = await Promise.all([hearing('a0', group, PORT), hearing('a1', group, PORT)])

      // The first asks for the route: the kernel keeps four packets until the router answers.
      await sender.send(to, TWENTY.slice(0, 1))
      const first = await sender.mark(to)
      const start20 = await Promise.all([near, far].map((inbox) => inbox.until(first)))
      await sender.send(to, TWENTY.slice(1))
      const rest = await sender.mark(to)
      const end20 = await Promise.all([near, far].map((inbox) => inbox.until(rest)))
      for (const [index, arrived] of start20.entries())
        expect(seqs([...arrived, ...(end20[index] ?? [])])).toEqual(TWENTY)

      await sender.setHops(3)
      await sender.send(to, [20])
      await sender.setHops(64)
      const last = await sender.mark(to)
      expect(seqs(await near.until(last))).toEqual([20])
      // IPv6 has no thresholds.
      expect(seqs(await far.until(last))).toEqual(family === 'ipv4' ? [] : [20])

      const [route] = routing(hosts(), family === 'ipv4' ? 'ip_mr_cache' : 'ip6_mr_cache')
      const [, , , packets, , wrong] = route ?? []
      expect({ packets, wrong }).toEqual({ packets: '24', wrong: '0' })
    })
  })

  it('is told of packets for which it has no route, by a message with their source and group', async () => {
    const { a } = hosts().pairs[0]
    const router = await raw('ipv4')
    await router.control.set(MRT_INIT, true)
    await router.control.set(MRT_ADD_VIF, { vifi: 3, interface: a.ipv4[0] })
    const sender = hosts().sender('B', { bind: hosts().pairs[0].b.ipv4[0], hops: 9 })
    await sender.send({ address: GROUP.ipv4, port: PORT }, [0])
    let upcall: Buffer | undefined
    while (upcall === undefined)
      for (const { data, source, destination } of await router.receive())
        if (data[9] === 0) {
          expect(source.address).toBe(sender.address)
          expect(destination).toBe(GROUP.ipv4)
          upcall = Buffer.from(data)
        }
    // struct igmpmsg: IGMPMSG_NOCACHE, 0, and the number of the interface.
    expect([...upcall.subarray(8, 11)]).toEqual([1, 0, 3])
    const route = { source: sender.address, group: GROUP.ipv4, parent: 3 }
    await router.control.set(MRT_ADD_MFC, route)
    await router.control.set(MRT_DEL_MFC, route)
    await expect(router.control.set(MRT_DEL_MFC, route)).rejects.toMatchObject({
      reason: 'bad-value',
      message: expect.stringContaining('no such route'),
    })
  })
})

describeOnHosts('a table of its own', (hosts) => {
  it('gets packets by a rule alone', async () => {
    const { a, b } = hosts().pairs[0]
    const router = await raw('ipv4')
    await router.control.set(MRT_TABLE, 77)
    await router.control.set(MRT_INIT, true)
    await router.control.set(MRT_ADD_VIF, { vifi: 0, interface: a.name })
    const sender = hosts().sender('B', { bind: b.ipv4[0], hops: 9 })
    await sender.send({ address: '239.255.77.8', port: PORT }, [0])
    await ip('mrule', 'add', 'iif', a.name, 'table', '77')
    onTestFinished(() => ip('mrule', 'delete', 'iif', a.name, 'table', '77').then(() => {}))
    await sender.send({ address: '239.255.77.9', port: PORT }, [1])
    const asked: (string | undefined)[] = []
    while (asked.length === 0)
      for (const { data, destination } of await router.receive()) if (data[9] === 0) asked.push(destination)
    expect(asked).toEqual(['239.255.77.9'])
  })
})

describeInNamespace('two multicast routers', () => {
  it.each(['ipv4', 'ipv6'] as const)('of %s do not share a table: the second is told why', async (family) => {
    const [first, second] = [await raw(family), await raw(family)]
    const init = family === 'ipv4' ? MRT_INIT : MRT6_INIT
    await first.control.set(init, true)
    await expect(second.control.set(init, true)).rejects.toMatchObject({
      code: 'EADDRINUSE',
      reason: 'system',
      message: expect.stringMatching(
        /a socket routes multicast in this network namespace already.*another socket.*MRT_TABLE/,
      ),
    })
    await first.close()
    await second.control.set(init, true)
  })

  it('are told apart from one that is made a router twice', async () => {
    const router = await raw('ipv4')
    await router.control.set(MRT_INIT, true)
    await expect(router.control.set(MRT_INIT, true)).rejects.toThrow(/routes multicast .* already, this one or another/)
  })

  it('may have a table each', async () => {
    const [first, second] = [await raw('ipv4'), await raw('ipv4')]
    await first.control.set(MRT_INIT, true)
    await second.control.set(MRT_TABLE, 77)
    await second.control.set(MRT_INIT, true)
    await expect(second.control.set(MRT_TABLE, 78)).rejects.toThrow(/before MRT_INIT/)
    await second.control.set(MRT_DONE, true)
  })
})

/** The interfaces of the router, as the kernel lists them. */
const vifs = (): string[] =>
  readFileSync('/proc/net/ip_mr_vif', 'utf8')
    .split('\n')
    .slice(1)
    .flatMap((line) => line.trim().split(/\s+/)[1] ?? [])

describeInNamespace('an interface of a multicast router', () => {
  it('goes with the socket of the router', async () => {
    const router = await raw('ipv4')
    await router.control.set(MRT_INIT, true)
    await router.control.set(MRT_ADD_VIF, { vifi: 0, interface: 'lo' })
    expect(vifs()).toEqual(['lo'])
    await router.close()
    expect(vifs()).toEqual([])
  })

  it('that was added by another socket is static: it stays until it is flushed as such', async () => {
    const other = await raw('ipv4')
    await other.control.set(MRT_ADD_VIF, { vifi: 0, interface: 'lo' })
    await other.close()
    expect(vifs()).toEqual(['lo'])
    const router = await raw('ipv4')
    await router.control.set(MRT_FLUSH, ['vifs'])
    expect(vifs()).toEqual(['lo'])
    await router.control.set(MRT_FLUSH, ['vifs-static'])
    expect(vifs()).toEqual([])
  })

  it('has a number of its own, which the refusal of a second one says', async () => {
    const router = await raw('ipv4')
    await router.control.set(MRT_INIT, true)
    await router.control.set(MRT_ADD_VIF, { vifi: 0, interface: 'lo' })
    await expect(router.control.set(MRT_ADD_VIF, { vifi: 0, interface: 'lo' })).rejects.toMatchObject({
      reason: 'bad-value',
      message: expect.stringContaining('the router has an interface of this number'),
    })
  })
})

describeInNamespace('multicast routing', () => {
  it.each(['ipv4', 'ipv6'] as const)('of %s without the capability says which', async (family) => {
    const [router, other] = [await raw(family), await raw(family)]
    await router.control.set(family === 'ipv4' ? MRT_INIT : MRT6_INIT, true)
    const [name, value] =
      family === 'ipv4' ? ['MRT_ADD_VIF', { vifi: 0, interface: 'lo' }] : ['MRT6_ADD_MIF', { mifi: 0, interface: 'lo' }]
    const code = `
      import { control } from 'sockctl'
      import * as options from 'sockctl/options'
      const [name, value] = JSON.parse(process.argv[1])
      console.log(await control(3).set(options[name], value).catch(({ reason, message }) => reason + ': ' + message))`
    const drop = ['--bounding-set=-net_admin', '--inh-caps=-net_admin']
    const node = [process.execPath, '--input-type=module', '--eval', code, '--', JSON.stringify([name, value])]
    const child = spawnSync('setpriv', [...drop, ...node], {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      stdio: ['ignore', 'pipe', 'pipe', other.control.fd],
      encoding: 'utf8',
    })
    expect(child.stderr).toBe('')
    expect(child.stdout).toMatch(new RegExp(`^permission: ${name} on lo: it needs CAP_NET_ADMIN`))
  })

  it('is refused to sockets of another kind, and says which kind it is for', async () => {
    const udp = await openSocket({ family: 'ipv4', type: 'dgram' })
    onTestFinished(() => udp.close())
    await expect(udp.control.set(MRT_INIT, true)).rejects.toMatchObject({
      reason: 'bad-value',
      message: expect.stringContaining('raw socket of IPPROTO_IGMP'),
    })
    const icmp = await raw('ipv6')
    await expect(icmp.control.set(MRT6_ADD_MIF, { mifi: 0, interface: 'nosuch' })).rejects.toMatchObject({
      reason: 'no-interface',
    })
  })
})
