import { PACKET_ADD_MEMBERSHIP, PACKET_DROP_MEMBERSHIP } from '../../../options/index.ts'
import { Failure } from '../../shell/failure.ts'
import { findInterface } from '../../shell/interface-option.ts'
import { interfaceArgument } from '../../shell/parsers.ts'
import type { ScriptLine, ScriptSession } from './script-session.ts'
import type { ScriptSocket } from './script-socket.ts'
import { noMore, type Verb, word } from './verb.ts'

// What mtest does by ioctl to an interface, Linux does for as long as a packet socket lives: nothing stays behind.

interface LinkFilter {
  type: 'multicast' | 'promiscuous' | 'allmulti'
  address?: Uint8Array<ArrayBuffer>
}

/** The kernel counts, and says nothing to a drop of what was never added; mtest's commands are flags. */
const added = new WeakMap<ScriptSocket, Set<string>>()

async function setLinkFilter(session: ScriptSession, line: ScriptLine, on: boolean, filter: LinkFilter): Promise<void> {
  noMore(line, 3)
  const { index } = findInterface(interfaceArgument(word(line, 1, 'the name of an interface')))
  const socket = await session.own('mtest-link', 'packet')
  const held = added.get(socket) ?? new Set()
  added.set(socket, held)
  const key = JSON.stringify([index, filter.type, filter.address?.toString()])
  if (on !== held.has(key)) {
    await socket.control.set(on ? PACKET_ADD_MEMBERSHIP : PACKET_DROP_MEMBERSHIP, { interface: index, ...filter })
    if (on) held.add(key)
    else held.delete(key)
  } else if (!on && filter.type === 'multicast') throw new Failure('that address was not added here')
  line.answer(['ok'])
}

/** `1:0:5e:0:0:1` too, as ether_aton(3) has it. */
function ethernetGroup(text: string): Uint8Array<ArrayBuffer> {
  const octets = /^[\da-f]{1,2}(?::[\da-f]{1,2}){5}$/i.test(text)
    ? text.split(':').map((octet) => Number.parseInt(octet, 16))
    : []
  if (((octets[0] ?? 0) & 1) === 0)
    throw new Failure(`'${text.slice(0, 40)}' is no Ethernet group address, as 01:00:5e:01:01:01 is one`)
  return Uint8Array.from(octets)
}

const addressVerb = (on: boolean, does: string): Verb => ({
  help: [['INTERFACE ETHERNET-ADDRESS', does]],
  run: (session, line) =>
    setLinkFilter(session, line, on, {
      type: 'multicast',
      address: ethernetGroup(word(line, 2, 'an Ethernet address')),
    }),
})

const flagVerb = (type: 'promiscuous' | 'allmulti', does: string): Verb => ({
  help: [['INTERFACE 1|0', does]],
  run: (session, line) => {
    const value = word(line, 2, '1 or 0')
    if (value !== '1' && value !== '0') throw new Failure(`'${value.slice(0, 40)}' is neither 1 nor 0`)
    return setLinkFilter(session, line, value === '1', { type })
  },
})

export const MTEST_LINK: Readonly<Record<string, Verb>> = {
  a: addressVerb(true, 'have the interface take in an Ethernet group, until the script ends'),
  d: addressVerb(false, 'undo that'),
  m: flagVerb('allmulti', 'have the interface take in every group, until the script ends, or no more'),
  p: flagVerb('promiscuous', 'have the interface take in everything, until the script ends, or no more'),
}
