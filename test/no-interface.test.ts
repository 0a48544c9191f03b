// An option that takes an interface refuses one that does not exist, by name and by index.
import { control, type Option } from 'sockctl'
import {
  IP_MULTICAST_IF,
  IP_UNICAST_IF,
  IPV6_MULTICAST_IF,
  IPV6_UNICAST_IF,
  SO_BINDTODEVICE,
  SO_BINDTOIFINDEX,
} from 'sockctl/options'
import { expect, it } from 'vitest'
import { describeInNamespace } from './support/namespace.ts'
import { openKind } from './support/sockets.ts'

const byIndex = { IP_MULTICAST_IF, IP_UNICAST_IF, SO_BINDTOIFINDEX, IPV6_MULTICAST_IF, IPV6_UNICAST_IF }
const rows: [name: string, option: Option<unknown, string | number>, value: string | number][] = [
  ['SO_BINDTODEVICE', SO_BINDTODEVICE as never, 'nope'],
  ...Object.entries(byIndex).flatMap(([name, option]): typeof rows => [
    [name, option, 'nope'],
    [name, option, 999],
  ]),
]

describeInNamespace('an interface that does not exist', () => {
  it.each(rows)('is refused by %s', async (name, option, value) => {
    await using opened = await openKind(name.startsWith('IPV6') ? 'udp6' : 'udp4')
    const socket = control(opened.socket)
    const before = socket.getSync(option)
    const refused = { option: name, reason: 'no-interface', message: expect.stringContaining('there are: lo (1)') }
    await expect(socket.set(option, value)).rejects.toMatchObject(refused)
    expect(() => socket.setSync(option, value)).toThrow(expect.objectContaining(refused))
    expect(socket.getSync(option)).toEqual(before)
  })
})
