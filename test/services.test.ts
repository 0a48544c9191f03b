// listenSap, announceSap, listenNtp and queryNtp as a program uses them: which interfaces, groups and errors they tell.
import { getEventListeners } from 'node:events'
import { interfaces, SocketOptionError } from 'sockctl'
import { announceSap, listenSap, type SapNotice } from 'sockctl/sap'
import { listenNtp, queryNtp } from 'sockctl/sntp'
import { expect, it, onTestFinished } from 'vitest'
import { ip } from './support/commands.ts'
import { openSockets } from './support/descriptors.ts'
import { describeOnHosts } from './support/hosts.ts'
import { sendPayloads } from './support/payloads.ts'
import { freshNamespace } from './support/processes.ts'

const SAP_PORT = 9875
const sdpFor = (group: string): string =>
  `v=0\r\no=- 7 1 IN IP4 10.77.0.11\r\ns=Seven\r\nc=IN ${group}\r\nt=0 0\r\nm=video 5004 RTP/AVP 33\r\n`

/** A time packet of a broadcasting server, RFC 5905 7.3, of now. */
function broadcast(): Buffer {
  const bytes = Buffer.alloc(48)
  bytes.set([0x25, 1, 6, 0xec])
  bytes.writeUInt32BE((Math.floor(Date.now() / 1000) + 2_208_988_800) % 2 ** 32, 40)
  return bytes
}

/** An interface of host A that is up, with no address but those that the test gives it, until the test ends. */
async function bareInterface(name: string, { addresses = [], mtu = 1500 }: { addresses?: string[]; mtu?: number }) {
  await ip('link', 'add', name, 'type', 'veth', 'peer', 'name', `${name}-b`)
  onTestFinished(() => ip('link', 'delete', name).then(() => {}))
  await ip('link', 'set', name, 'addrgenmode', 'none')
  await ip('link', 'set', name, 'mtu', `${mtu}`)
  for (const address of addresses) await ip('address', 'add', address, 'dev', name, 'nodad')
  await ip('link', 'set', name, 'up')
}

/** Too few bytes for IPv6, which Linux then does not run on the interface. */
const TOO_SMALL_FOR_IPV6 = 1000

describeOnHosts('a listener to well-known groups', (hosts) => {
  it('joins each group on each interface that takes it, and passes over the others', async () => {
    await bareInterface('bare0', { mtu: TOO_SMALL_FOR_IPV6 })
    await using listener = await listenSap({ groups: ['224.2.127.254', 'ff05::2:7ffe'] })
    const joined = listener.memberships.map(({ group, interface: on }) => `${group} ${on.name}`)
    expect(joined.sort()).toEqual([
      '224.2.127.254 a0',
      '224.2.127.254 a1',
      '224.2.127.254 bare0',
      'ff05::2:7ffe a0',
      'ff05::2:7ffe a1',
    ])
  })

  it('fails if an interface that was named takes no group', async () => {
    await bareInterface('bare0', { mtu: TOO_SMALL_FOR_IPV6 })
    const before = openSockets()
    await expect(listenSap({ groups: ['ff05::2:7ffe'], interfaces: ['a0', 'bare0'] })).rejects.toMatchObject({
      name: 'SocketOptionError',
      code: 'EINVAL',
      message: expect.stringContaining('bare0'),
    })
    expect(openSockets()).toEqual(before)
  })

  it('refuses an address that is no group, though the group beside it can be joined', async () => {
    const before = openSockets()
    await expect(listenSap({ groups: ['10.0.0.1', 'ff05::2:7ffe'] })).rejects.toMatchObject({
      reason: 'bad-value',
      message: expect.stringContaining('10.0.0.1'),
    })
    expect(openSockets()).toEqual(before)
  })

  it('tells of each announcement from where and on which interface it came, and ends by its signal', async () => {
    const before = openSockets()
    const ending = new AbortController()
    const listener = await listenSap({ interfaces: ['a0'], groups: ['224.2.127.254'], signal: ending.signal })
    const payload = Buffer.concat([Buffer.from('2000123400000000', 'hex'), Buffer.from(sdpFor('IP4 232.1.1.1/16'))])
    await sendPayloads(hosts(), '224.2.127.254', SAP_PORT, [payload, Buffer.from('junk')])
    const heard: SapNotice[] = []
    for await (const notice of listener) {
      heard.push(notice)
      if (heard.length === 2) ending.abort()
    }
    const on = interfaces().find(({ name }) => name === 'a0')?.index
    const from = { address: hosts().pairs[0].b.ipv4[0], port: expect.any(Number) }
    expect(heard).toEqual([
      expect.objectContaining({ type: 'new', from: expect.objectContaining(from), interfaceIndex: on }),
      expect.objectContaining({ type: 'malformed', from: expect.objectContaining(from), interfaceIndex: on }),
    ])
    expect(listener.memberships.filter(({ active }) => active)).toEqual([])
    expect(openSockets()).toEqual(before)
    expect(getEventListeners(ending.signal, 'abort')).toEqual([])
  })

  it("has the kernel's time of arrival, in nanoseconds, however late the program looks", async () => {
    await using listener = await listenNtp({ interfaces: ['a0'], groups: ['224.0.1.1'], port: 1231 })
    await sendPayloads(hosts(), '224.0.1.1', 1231, [broadcast(), broadcast(), broadcast()])
    const arrivals: bigint[] = []
    for await (const notice of listener) {
      if (notice.type === 'time') arrivals.push(notice.arrival)
      if (arrivals.length === 3) break
    }
    expect(arrivals.some((arrival) => arrival % 1_000_000n !== 0n)).toBe(true)
    expect([...arrivals].sort((one, other) => Number(one - other))).toEqual(arrivals)
    expect(Math.abs(Number(BigInt(Date.now()) - (arrivals[0] ?? 0n) / 1_000_000n))).toBeLessThan(20_000)
  })

  it('says with the error of the kernel why no interface took a group', async () => {
    const code = `
      import { execFileSync } from 'node:child_process'
      import { listenNtp } from 'sockctl/sntp'
      import { tell } from '${new URL('support/stdio.mjs', import.meta.url)}'
      const listening = () => listenNtp({ groups: ['ff05::101'], port: 1232 }).then(() => 'joined', ({ code }) => code)
      const none = await listening()
      for (const line of ['add bare0 type veth peer name bare0-b', 'set bare0 mtu ${TOO_SMALL_FOR_IPV6}', 'set bare0 up'])
        execFileSync('ip', ['link', ...line.split(' ')])
      tell({ none, refused: await listening() })`
    await using peer = freshNamespace({ code })
    expect(await peer.next()).toEqual({ none: 'ERR_NO_INTERFACE', refused: 'EINVAL' })
  })
})

describeOnHosts('an announcer', () => {
  it.each([
    ['IPv4', 'IP4 239.255.1.1/1', 'fd99::1/64'],
    ['IPv6', 'IP6 ff15::1', '10.99.0.1/24'],
  ])('says that the interface has no %s address to name as the source', async (family, group, other) => {
    await bareInterface('bare0', { addresses: [other] })
    const announcing = announceSap({ sdp: sdpFor(group), interface: 'bare0' }).next()
    await expect(announcing).rejects.toThrow(
      new SocketOptionError(`bare0 has no ${family} address: give the source to name in the announcement`, {
        code: 'ERR_INVALID_VALUE',
        reason: 'bad-value',
      }),
    )
  })

  it.each([5.5, -1, {}, true])('refuses %o as an interface', async (wrong) => {
    const announcing = announceSap({ sdp: sdpFor('IP4 239.255.1.1/1'), interface: wrong as never }).next()
    await expect(announcing).rejects.toMatchObject({
      reason: 'bad-value',
      message: expect.stringContaining('interface is'),
    })
  })

  it('announces to the group of each scope that the description has groups of, once', async () => {
    const sdp = `${sdpFor('IP4 239.255.1.1/1')}m=audio 5006 RTP/AVP 33\r\nc=IN IP4 239.255.1.2/1\r\nm=audio 5008 RTP/AVP 33\r\nc=IN IP4 232.1.1.1/1\r\n`
    const announcement = announceSap({ sdp, interface: 'a0', withdraw: false })
    const { value } = await announcement.next()
    expect(value).toMatchObject({ number: 1, groups: ['239.255.255.255', '224.2.127.254'] })
    await announcement.return()
  })
})

describeOnHosts('a question for the time', () => {
  it('is given up by its signal, with the reason of the abort', async () => {
    const before = openSockets()
    const controller = new AbortController()
    const asked = queryNtp('127.0.0.1', { port: await silentPort(), signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(asked).rejects.toThrow('enough')
    await expect(queryNtp('127.0.0.1', { signal: controller.signal })).rejects.toThrow('enough')
    expect(openSockets().length).toBeLessThanOrEqual(before.length + 1)
  })
})

async function silentPort(): Promise<number> {
  const { createSocket } = await import('node:dgram')
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  onTestFinished(() => void socket.close())
  return socket.address().port
}
