// Checked by `npm run typecheck`: a line that must not compile says so, and the check fails where it does.
import { codecs, control, defineOption, type Option } from 'sockctl'
import {
  IP_ADD_MEMBERSHIP,
  IP_MSFILTER,
  IP_MULTICAST_IF,
  IP_MULTICAST_LOOP,
  MCAST_MSFILTER,
  SO_LINGER,
  SO_RCVBUF,
  SO_TYPE,
} from 'sockctl/options'

const c = control(3)

export async function reads(): Promise<void> {
  const size: number = await c.get(SO_RCVBUF)
  const loop: boolean = c.getSync(IP_MULTICAST_LOOP)
  const { onoff, linger }: { onoff: boolean; linger: number } = await c.get(SO_LINGER)
  const { mode }: { mode: 'include' | 'exclude' } = await c.get(MCAST_MSFILTER, { group: '239.1.1.1', interface: 'lo' })
  void [size, loop, onoff, linger, mode]
  // @ts-expect-error write-only
  await c.get(IP_ADD_MEMBERSHIP)
  // @ts-expect-error write-only
  c.getSync(IP_ADD_MEMBERSHIP)
  // @ts-expect-error it must be asked for a group
  await c.get(IP_MSFILTER)
  // @ts-expect-error it takes no question
  await c.get(SO_RCVBUF, { group: '239.1.1.1' })
  // @ts-expect-error a number is no string
  const text: string = await c.get(SO_RCVBUF)
  void text
}

export async function writes(): Promise<void> {
  await c.set(SO_RCVBUF, 1000)
  await c.set(IP_MULTICAST_IF, 'lo')
  await c.set(IP_ADD_MEMBERSHIP, { group: '239.1.1.1' })
  // @ts-expect-error a string is no number
  await c.set(SO_RCVBUF, '1000')
  // @ts-expect-error 1 is no boolean
  c.setSync(IP_MULTICAST_LOOP, 1)
  // @ts-expect-error the group is missing
  await c.set(IP_ADD_MEMBERSHIP, {})
  // @ts-expect-error read-only
  await c.set(SO_TYPE, 1)
  // @ts-expect-error a misspelt mode
  await c.set(MCAST_MSFILTER, { group: '239.1.1.1', mode: 'includes', sources: [] })
  // @ts-expect-error a filter needs a mode
  await c.setSourceFilter({ group: '239.1.1.1' }, { sources: [] })
  // @ts-expect-error a channel needs a group
  await c.join({ source: '10.0.0.1' })
}

export function defines(): Option<number> {
  const mine: Option<number> = defineOption({ name: 'MINE', level: 'SOL_SOCKET', option: 8, codec: codecs.int() })
  const bytes: Option<Buffer, Uint8Array> = defineOption({ name: 'RAW', level: 1, option: 8, codec: codecs.bytes })
  void bytes
  // @ts-expect-error control does not take text
  control('3')
  return mine
}
