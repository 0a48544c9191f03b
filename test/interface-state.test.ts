// A send or a bind that fails because of an interface's state says which state.
import { interfaces, openSocket } from 'sockctl'
import { expect, it, onTestFinished } from 'vitest'
import { native } from '../lib/binding/native.ts'
import { ip, sysctl } from './support/commands.ts'
import { describeInNamespace } from './support/namespace.ts'
import { sending } from './support/receiving.ts'

async function addPair(): Promise<void> {
  await ip('link', 'add', 'e0', 'type', 'veth', 'peer', 'name', 'e1')
  onTestFinished(() => ip('link', 'delete', 'e0').then(() => {}))
}
const errorOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'sent',
    ({ message }) => message,
  )

describeInNamespace('an interface', () => {
  it('is listed with its addresses, each of its family, its MTU and its flags', async () => {
    await addPair()
    await ip('link', 'set', 'e0', 'addrgenmode', 'none')
    await ip('link', 'set', 'e0', 'mtu', '1400', 'up')
    await ip('address', 'add', '192.0.2.10/25', 'dev', 'e0')
    await ip('address', 'add', '2001:db8::10/49', 'dev', 'e0', 'nodad')
    expect(interfaces().find(({ name }) => name === 'e0')).toEqual({
      name: 'e0',
      index: expect.any(Number),
      mtu: 1400,
      mac: expect.stringMatching(/^(?:[\da-f]{2}:){5}[\da-f]{2}$/),
      flags: { up: true, running: false, loopback: false, multicast: true, broadcast: true, pointToPoint: false },
      addresses: [
        { address: '192.0.2.10', family: 'ipv4', prefixLength: 25 },
        { address: '2001:db8::10', family: 'ipv6', prefixLength: 49 },
      ],
    })
    const lo = interfaces().find(({ name }) => name === 'lo')
    expect(lo).toMatchObject({ index: 1, flags: { loopback: true, multicast: false } })
  })

  it('has the number of its family, 4 or 6, with each address that the addon lists', async () => {
    await addPair()
    await ip('address', 'add', '192.0.2.10/25', 'dev', 'e0')
    await ip('address', 'add', '2001:db8::10/49', 'dev', 'e0', 'nodad')
    const [e0] = native.interfaces().filter(({ name }) => name === 'e0')
    expect(e0?.addresses.map(({ address, family }) => [address, family])).toEqual([
      ['192.0.2.10', 4],
      ['2001:db8::10', 6],
    ])
  })

  it('keeps its place in the list if an address has a label that names no interface', async () => {
    await addPair()
    const before = interfaces().map(({ index, name }) => [index, name])
    await ip('address', 'add', '192.0.2.10/25', 'dev', 'e0', 'label', 'e0-label')
    expect(interfaces().map(({ index, name }) => [index, name])).toEqual(before)
  })
})

describeInNamespace('an error says', () => {
  it('that the interface is down', async () => {
    await addPair()
    await ip('address', 'add', '192.0.2.10/24', 'dev', 'e0')
    for (const address of ['239.1.1.1', 'ff05::77']) {
      const sender = await sending({ to: { address, port: 5000 }, interface: 'e0' })
      expect(await errorOf(sender.send(Buffer.from('x')))).toMatch(/e0 is down: ip link set e0 up/)
    }
  })

  it('that the interface has IPv6 switched off', async () => {
    await addPair()
    for (const name of ['e0', 'e1']) await ip('link', 'set', name, 'up')
    using _ = sysctl('net/ipv6/conf/e0/disable_ipv6', 1)
    const sender = await sending({ family: 'ipv6' })
    const message = await errorOf(
      sender.send(Buffer.from('x'), { address: 'ff05::77', port: 5000 }, { interface: 'e0' }),
    )
    expect(message).toMatch(/IPv6 is switched off on e0/)
  })

  it('that an address is still checked for duplicates', async () => {
    await addPair()
    using _ = sysctl('net/ipv6/conf/e0/dad_transmits', 50)
    for (const name of ['e0', 'e1']) await ip('link', 'set', name, 'up')
    await ip('address', 'add', '2001:db8::10/64', 'dev', 'e0')
    const bound = openSocket({ family: 'ipv6', type: 'dgram', bind: { address: '2001:db8::10' } })
    expect(await errorOf(bound)).toMatch(/2001:db8::10 of e0 is still checked for duplicates \(DAD\)/)
    const sender = await sending({ family: 'ipv6' })
    const message = await errorOf(
      sender.send(Buffer.from('x'), { address: 'ff05::77', port: 5000 }, { interface: 'e0' }),
    )
    expect(message).toMatch(/still checked for duplicates \(DAD\)/)
  })
})
