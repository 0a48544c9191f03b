import { expect, it, onTestFinished } from 'vitest'
import { ip } from './support/commands.ts'
import { describeInNamespace } from './support/namespace.ts'
import { opened, readingOf, sending } from './support/receiving.ts'

const nothing = () => {}
const local = 'fe80::77'

async function add(name: string): Promise<void> {
  await ip('link', 'add', name, 'type', 'veth', 'peer', 'name', `${name}x`)
  onTestFinished(() => ip('link', 'delete', name).then(nothing, nothing))
  await ip('address', 'add', `${local}/64`, 'dev', name, 'nodad')
  for (const end of [name, `${name}x`]) await ip('link', 'set', end, 'up')
  // The kernel makes the route some time after the link is up.
  while ((await ip('-6', 'route', 'show', 'table', 'local', 'type', 'multicast', 'dev', name)) === '') {}
}

describeInNamespace('a sender to a link-local address', () => {
  it.each([local, 'ff12::77'])('reaches %s again after its interface has been made anew', async (address) => {
    const sender = await sending({ family: 'ipv6' })
    let port = 0
    for (const round of [1, 2]) {
      await add('d0')
      const group = address.startsWith('ff') ? { channels: [{ group: address, interface: 'd0' }] } : {}
      const receiver = await opened({ address: `${address}%d0`, port, ...group })
      port = receiver.address.port
      await sender.send(Buffer.from([round]), { address: `${address}%d0`, port })
      const [datagram] = await readingOf(receiver).take(1)
      expect(datagram?.data).toEqual(Buffer.from([round]))
      await receiver.close()
      await ip('link', 'delete', 'd0')
    }
  })
})
