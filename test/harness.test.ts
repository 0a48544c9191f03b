import dgram from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { afterEach, expect, it } from 'vitest'
import { captureReports, describeWithCaptures } from './support/captures.ts'
import { ip, sysctl } from './support/commands.ts'
import { inboxOf, seqs } from './support/datagrams.ts'
import { describeOnHosts, plan, twoHosts } from './support/hosts.ts'
import { describeInNamespace } from './support/namespace.ts'
import { kernelGroups, kernelSources } from './support/net-stat.ts'
import { freshNamespace } from './support/processes.ts'
import { startSender } from './support/senders.ts'

const families = [
  { family: 4, group: '239.1.2.3', channel: '232.1.2.3', key: 'ipv4', wildcard: '0.0.0.0' },
  { family: 6, group: 'ff15::123', channel: 'ff35::123', key: 'ipv6', wildcard: '::' },
] as const
const lanes = plan.flatMap((pair, at) => families.map((family) => ({ ...family, pair, at, name: pair.a.name })))

const sockets: dgram.Socket[] = []
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close()
})

async function links(): Promise<string[]> {
  return JSON.parse(await ip('-json', 'link')).map(({ ifname }: { ifname: string }) => ifname)
}

async function receiver(family: 4 | 6, address: string): Promise<{ socket: dgram.Socket; port: number }> {
  const socket = dgram.createSocket(family === 4 ? 'udp4' : 'udp6')
  sockets.push(socket)
  socket.bind(0, address)
  await once(socket, 'listening')
  return { socket, port: socket.address().port }
}

describeOnHosts('two hosts of the harness', (hosts) => {
  it.each(lanes)(
    'carry an any-source group over IPv$family to $name',
    async ({ family, group, key, pair, wildcard }) => {
      const { socket, port } = await receiver(family, wildcard)
      socket.addMembership(group, key === 'ipv4' ? pair.a.ipv4[0] : `::%${pair.a.name}`)
      const inbox = inboxOf(socket)
      const first = hosts().sender('B', { bind: pair.b[key][0] })
      const second = hosts().sender('B', { bind: pair.b[key][1] })

      await first.send({ address: group, port }, [1, 2, 3])
      await second.send({ address: group, port }, [4], { size: 1000 })
      const arrived = await inbox.until(first.mark({ address: pair.a[key][0], port }))

      expect(seqs(arrived, first.address)).toEqual([1, 2, 3])
      expect(seqs(arrived, second.address)).toEqual([4])
      expect(arrived.map(({ source }) => source.address)).toEqual(arrived.map(({ from }) => from))
    },
  )

  it.each(lanes)(
    'carry one source of a channel over IPv$family to $name',
    async ({ family, channel, key, pair, wildcard }) => {
      const { socket, port } = await receiver(family, wildcard)
      const wanted = hosts().sender('B', { bind: pair.b[key][0] })
      const other = hosts().sender('B', { bind: pair.b[key][1] })
      socket.addSourceSpecificMembership(wanted.address, channel, key === 'ipv4' ? pair.a.ipv4[0] : `::%${pair.a.name}`)
      const inbox = inboxOf(socket)

      await other.send({ address: channel, port }, [1, 2])
      await wanted.send({ address: channel, port }, [3])
      await other.send({ address: channel, port }, [4])

      expect(seqs(await inbox.until(other.mark({ address: pair.a[key][0], port })))).toEqual([3])
      expect(kernelSources()).toContainEqual({
        family,
        index: hosts().pairs.find(({ a }) => a.name === pair.a.name)?.a.index,
        group: channel,
        source: wanted.address,
        include: 1,
        exclude: 0,
      })
    },
  )

  it.each(families)(
    'prove silence over IPv$family: a group that was left',
    async ({ family, group, key, wildcard }) => {
      const { a, b } = hosts().pairs[0]
      const { socket, port } = await receiver(family, wildcard)
      const local = key === 'ipv4' ? a.ipv4[0] : `::%${a.name}`
      const inbox = inboxOf(socket)
      const sender = hosts().sender('B', { bind: b[key][0] })
      const unicast = { address: a[key][0], port }
      const isMember = () => kernelGroups().some((entry) => entry.group === group && entry.interface === a.name)

      socket.addMembership(group, local)
      expect(isMember()).toBe(true)
      await sender.send({ address: group, port }, [1])
      expect(seqs(await inbox.until(sender.mark(unicast)))).toEqual([1])

      socket.dropMembership(group, local)
      expect(isMember()).toBe(false)
      await sender.send({ address: group, port }, [2])
      expect(seqs(await inbox.until(sender.mark(unicast)))).toEqual([])

      socket.addMembership(group, local)
      await sender.send({ address: group, port }, [3])
      expect(seqs(await inbox.until(sender.mark(unicast)))).toEqual([3])
    },
  )

  it('carry link-local unicast at once', async () => {
    const { a, b } = hosts().pairs[1]
    const { socket, port } = await receiver(6, '::')
    const sender = hosts().sender('B', { bind: b.ipv6[0] })
    expect(await inboxOf(socket).until(sender.mark({ address: `${a.linkLocal}%${b.name}`, port }))).toEqual([])
  })

  it('run processes on B, and say what a process that failed said', async () => {
    const code = `
      import { networkInterfaces } from 'node:os'
      import { serve, tell } from '${new URL('./support/stdio.mjs', import.meta.url)}'
      tell({ names: Object.keys(networkInterfaces()) })
      await serve({
        double: ({ value }) => value * 2,
        refuse: () => { throw Object.assign(new Error('no'), { code: 'ENO' }) },
        crash: () => { console.error('the reason why'); process.exit(3) },
      })`
    const peer = hosts().spawn('B', { code })
    expect(await peer.next()).toEqual({ names: ['lo', 'b0', 'b1'] })
    expect(await peer.request('double', { value: 21 })).toBe(42)
    await expect(peer.request('refuse')).rejects.toMatchObject({ code: 'ENO', message: expect.stringContaining('no') })
    await expect(peer.request('crash')).rejects.toThrow(/exit status 3.*the reason why/)
    expect(await peer.exited).toEqual({ code: 3, signal: null })
  })
})

describeInNamespace('the harness', () => {
  it('leaves no interface and no process behind, twice in a row', async () => {
    for (const route of ['a0', 'a1'] as const) {
      const pids: number[] = []
      {
        await using hosts = await twoHosts({ multicastRoute: route })
        expect(await ip('route', 'get', '239.1.2.3')).toContain(`dev ${route}`)
        expect(await ip('-6', 'route', 'get', 'ff15::1')).toContain(`dev ${route}`)
        await hosts.sysctl('B', 'net.ipv4.igmp_max_msf', 3)
        await hosts.sysctl('A', `net/ipv4/conf/${route}/rp_filter`, 1)
        const sender = hosts.sender('B', { bind: hosts.pairs[0].b.ipv4[0] })
        await sender.peer.request('address')
        pids.push(hosts.pid('B'), sender.peer.pid)
        expect(await links()).toEqual(['lo', 'a0', 'a1'])
      }
      expect(await links()).toEqual(['lo'])
      expect(kernelGroups().map(({ interface: name }) => name)).not.toContain('a0')
      for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH')
    }
  })

  it('puts a sysctl back', async () => {
    const read = () => readFileSync('/proc/sys/net/ipv4/igmp_max_msf', 'utf8').trim()
    const before = read()
    {
      using _ = sysctl('net.ipv4.igmp_max_msf', 2)
      expect(read()).toBe('2')
    }
    expect(read()).toBe(before)
  })

  it('sends on loopback from several sources', async () => {
    const { socket, port } = await receiver(4, '0.0.0.0')
    socket.addMembership('239.1.2.3', '127.0.0.1')
    const inbox = inboxOf(socket)
    await using first = startSender({ bind: '127.0.0.1' })
    await using second = startSender({ bind: '127.0.0.2' })
    await first.send({ address: '239.1.2.3', port }, [1])
    await second.send({ address: '239.1.2.3', port }, [2])
    expect(seqs(await inbox.until(first.mark({ address: '127.0.0.1', port })))).toEqual([1, 2])
  })

  it('makes an empty namespace for a process', async () => {
    await using peer = freshNamespace({
      code: `
        import dgram from 'node:dgram'
        const socket = dgram.createSocket('udp4')
        socket.bind(0, () => {
          try { socket.addMembership('239.1.2.3') } catch ({ code }) { console.log(JSON.stringify({ code })) }
          socket.close()
        })`,
    })
    expect(await peer.next()).toEqual({ code: 'ENODEV' })
    expect(await peer.exited).toEqual({ code: 0, signal: null })
  })
})

describeWithCaptures('a capture of the harness', () => {
  it.each(families)('sees each report over IPv$family, and its absence', async ({ family, group, channel, key }) => {
    await using hosts = await twoHosts()
    const pair = hosts.pairs[1]
    const source = pair.b[key][0]
    const local = key === 'ipv4' ? pair.a.ipv4[0] : `::%${pair.a.name}`
    const { socket } = await receiver(family, key === 'ipv4' ? '0.0.0.0' : '::')
    const { socket: second } = await receiver(family, key === 'ipv4' ? '0.0.0.0' : '::')
    await using capture = await captureReports(hosts, pair, family)

    const records = (kind: string, of: string, sources: string[] = []) => [{ kind, group: of, sources }]
    expect(await capture.step(() => socket.addMembership(group, local))).toEqual(records('TO_EX', group))
    expect(await capture.step(() => second.addMembership(group, local))).toEqual([])
    expect(await capture.step(() => second.dropMembership(group, local))).toEqual([])
    expect(await capture.step(() => socket.dropMembership(group, local))).toEqual(records('TO_IN', group))
    expect(await capture.step(() => socket.addSourceSpecificMembership(source, channel, local))).toEqual(
      records('ALLOW', channel, [source]),
    )
    expect(await capture.step(() => socket.dropSourceSpecificMembership(source, channel, local))).toEqual(
      records('BLOCK', channel, [source]),
    )
    expect(capture.reports[0]).toMatchObject(
      family === 4
        ? { from: pair.a.ipv4[0], to: '224.0.0.22', hopLimit: 1, trafficClass: 0xc0, routerAlert: true }
        : { from: pair.a.linkLocal, to: 'ff02::16', hopLimit: 1, routerAlert: true },
    )
  })
})
