// The commands of mtest(8) that act on an interface.

import { PACKET_ADD_MEMBERSHIP, PACKET_DROP_MEMBERSHIP } from '../../../options/index.ts'
import { Failure } from '../../shell/failure.ts'
import { findInterface } from '../../shell/interface-option.ts'
import { interfaceArgument } from '../../shell/parsers.ts'
import { quoted } from '../../shell/printable.ts'
import type { ScriptLine, ScriptSession } from './script-session.ts'
import type { ScriptSocket } from './script-socket.ts'
import { noMore, type Verb, word } from './verb.ts'

// mtest acts by ioctl, and its changes stay. Here a packet socket makes them, and the kernel undoes them when it is
// closed.

interface LinkFilter {
  type: 'multicast' | 'promiscuous' | 'allmulti'
  address?: Uint8Array<ArrayBuffer>
}

/**
 * What was added, by socket. The kernel counts additions and accepts any removal, but mtest's commands switch on and
 * off.
 */
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
  } else if (!on && filter.type === 'multicast') throw new Failure('that address was not added by this script')
  line.answer(['ok'])
}

/** An Ethernet group address; octets may have one digit, `1:0:5e:0:0:1`, as in ether_aton(3). */
function ethernetGroup(text: string): Uint8Array<ArrayBuffer> {
  const octets = /^[\da-f]{1,2}(?::[\da-f]{1,2}){5}$/i.test(text)
    ? text.split(':').map((octet) => Number.parseInt(octet, 16))
    : []
  if (((octets[0] ?? 0) & 1) === 0)
    throw new Failure(`${quoted(text)} is not an Ethernet group address, such as 01:00:5e:01:01:01`)
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
    if (value !== '1' && value !== '0') throw new Failure(`${quoted(value)} is neither 1 nor 0`)
    return setLinkFilter(session, line, value === '1', { type })
  },
})

export const MTEST_LINK: Readonly<Record<string, Verb>> = {
  a: addressVerb(true, 'have the interface take in an Ethernet group until the script ends'),
  d: addressVerb(false, 'undo command a'),
  m: flagVerb('allmulti', 'have the interface take in every group until the script ends; 0 undoes that'),
  p: flagVerb('promiscuous', 'have the interface take in everything until the script ends; 0 undoes that'),
}
