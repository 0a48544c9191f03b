import { type Datagram, openReceiver, openSocket } from 'sockctl'
import { expect, it, onTestFinished } from 'vitest'
import { describeOnHosts } from './support/hosts.ts'
import { lanes } from './support/lanes.ts'
import { describeInNamespace } from './support/namespace.ts'
import { opened, sending } from './support/receiving.ts'

const texts = (batch: readonly Datagram[]): string[] => batch.map(({ data }) => String(data))
const lo = { group: '239.8.8.8', interface: '127.0.0.1' }

describeInNamespace('a receiver', () => {
  it('gives one batch, and an abort leaves it open', async () => {
    const receiver = await opened({ channels: [lo] })
    const sender = await sending({ to: { address: lo.group, port: receiver.address.port }, interface: 'lo' })
    const controller = new AbortController()
    const reading = receiver.receive({ signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(reading).rejects.toThrow('enough')
    await sender.send(Buffer.from('x'))
    expect(texts(await receiver.receive())).toEqual(['x'])
  })

  it('answers from its port, also while it is bound to a group', async () => {
    const receiver = await opened({ channels: [lo] })
    const { port } = receiver.address
    expect(receiver.address.address).toBe(lo.group)
    const client = (await openSocket({ family: 'ipv4', type: 'dgram' })).toMessageSocket()
    onTestFinished(() => client.close())
    await client.send(Buffer.from('?'), { address: lo.group, port }, { interface: 'lo' })
    const [question] = await receiver.receive()
    await receiver.reply(question as Datagram, Buffer.from('!'))
    const [answer] = await client.receive()
    expect(String(answer?.data)).toBe('!')
    expect(answer?.source.port).toBe(port)
  })

  it('refuses to send without unicast, which a raw receiver and a group as address can’t have', async () => {
    const receiver = await opened({ channels: [lo] })
    await expect(receiver.send(Buffer.from('x'), { address: '127.0.0.1', port: 9 })).rejects.toThrow(/unicast: true/)
    for (const [options, words] of [
      [{ unicast: true, address: lo.group }, /a group: leave address out/],
      [{ unicast: true, type: 'raw', protocol: 2 }, /not for raw sockets/],
      [{ unicast: 1 }, /unicast is 1/],
    ] as const)
      await expect(openReceiver(options as never)).rejects.toThrow(words)
  })

  it('says that it is closed', async () => {
    const receiver = await openReceiver({ unicast: true })
    await receiver.close()
    const datagram = {
      data: Buffer.from('x'),
      source: { address: '127.0.0.1', port: 9 },
      truncated: false,
      ancillaryTruncated: false,
    }
    for (const call of [
      () => receiver.receive(),
      () => receiver.send(Buffer.from('x'), datagram.source),
      () => receiver.reply(datagram, Buffer.from('x')),
    ])
      await expect(call()).rejects.toMatchObject({ reason: 'closed' })
  })

  it('takes answers on the socket that has its port last, if its channels need several sockets', async () => {
    const channels = Array.from({ length: 50 }, (_, i) => ({ group: `239.7.7.${i + 1}`, interface: '127.0.0.1' }))
    const receiver = await opened({ unicast: true, channels })
    expect(receiver.stats().sockets).toBeGreaterThan(1)
    const peer = (await openSocket({ family: 'ipv4', type: 'dgram', bind: { port: 0 } })).toMessageSocket()
    onTestFinished(() => peer.close())
    await receiver.send(Buffer.from('?'), { address: '127.0.0.1', port: peer.address.port })
    const [question] = await peer.receive()
    expect(question?.source.port).toBe(receiver.address.port)
    await peer.reply(question as Datagram, Buffer.from('!'))
    expect(texts(await receiver.receive())).toEqual(['!'])
  })
})

describeOnHosts('a search by group', (hosts) => {
  it.each(lanes)('over $name hears the answers that come back, and the group it joined', async (lane) => {
    const { a, b } = hosts().pairs[lane.name.endsWith('a1') ? 1 : 0]
    const ipv6 = lane.name.startsWith('IPv6')
    const group = ipv6 ? 'ff15::250' : '239.255.255.250'
    const responder = hosts().spawn('B', {
      code: `
        import { openReceiver } from 'sockctl'
        import { serve, tell } from '${new URL('support/stdio.mjs', import.meta.url)}'
        serve({
          respond: async (channel) => {
            const receiver = await openReceiver({ channels: [channel], port: 1900, unicast: true })
            void (async () => {
              for await (const batch of receiver)
                for (const datagram of batch) {
                  await receiver.reply(datagram, Buffer.from('here'))
                  await receiver.send(Buffer.from('notify'), { address: channel.group, port: 1900 }, { interface: channel.interface })
                }
            })()
            return {}
          },
        })`,
    })
    await responder.request('respond', { group, interface: b.name })
    const search = await opened({
      family: ipv6 ? 'ipv6' : 'ipv4',
      unicast: true,
      port: 1900,
      channels: [{ group, interface: a.name }],
    })
    await search.send(Buffer.from('M-SEARCH'), { address: group, port: 1900 }, { interface: a.name, hopLimit: 2 })
    const heard = new Map<string, string>()
    const ofB = [...b.ipv4, ...b.ipv6, `${b.linkLocal}%${a.name}`]
    while (heard.size < 3)
      for (const { data, source, destination } of await search.receive())
        heard.set(String(data), `${ofB.includes(source.address)} ${destination === group}`)
    // Its own search is looped back to it.
    expect([...heard.keys()].toSorted()).toEqual(['M-SEARCH', 'here', 'notify'])
    expect(heard.get('here')).toBe('true false')
    expect(heard.get('notify')).toBe('true true')
    await responder.close()
  })
})
