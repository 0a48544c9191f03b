// How `sockctl receive` prints messages of raw, packet and Unix sockets: a line each, or an object.

import type { PacketSource, UnixAddress } from '../../../index.ts'
import { PROTOCOLS } from '../../../net/protocol-numbers.ts'
import type { SocketTarget } from '../../../protocols/socket-target.ts'
import { hexdump } from '../../shell/hexdump.ts'
import { interfaceLabel } from '../../shell/interface-option.ts'
import type { Output } from '../../shell/output.ts'
import { printable } from '../../shell/printable.ts'
import { clockTime, plural } from '../../shell/units.ts'
import type { AnyMessage } from './message-socket.ts'

/** How many characters of a text are shown. */
const MAX_TEXT = 200

const ETHERNET_NAMES = new Map<number, string>(
  Object.entries(PROTOCOLS).flatMap(([name, number]) => (name.startsWith('ETH_P_') ? [[number, name]] : [])),
)
const ethernetName = (protocol: number): string =>
  ETHERNET_NAMES.get(protocol) ?? `0x${protocol.toString(16).padStart(4, '0')}`

/** An abstract name is shown with an @ in place of each NUL, as netstat and ss show one. */
const pathText = (path: string): string => path.replaceAll('\0', '@')

function rawWords({ source, destination = '', interfaceIndex, hopLimit }: AnyMessage): string[] {
  const { address } = source as { address: string }
  return [
    `${address} > ${destination}`,
    ...(interfaceIndex === undefined ? [] : [interfaceLabel(interfaceIndex)]),
    ...(hopLimit === undefined ? [] : [`hop limit ${hopLimit}`]),
  ]
}

function packetWords({ source, vlan }: AnyMessage): string[] {
  const { interface: on, protocol, hardwareAddress, packetType } = source as PacketSource
  return [
    String(on),
    ...(hardwareAddress === '' ? [] : [hardwareAddress]),
    ethernetName(protocol),
    packetType,
    ...(vlan === undefined ? [] : [`vlan ${vlan.id}`]),
  ]
}

function unixWords({ source, credentials, descriptors = [] }: AnyMessage): string[] {
  const from = source as UnixAddress | undefined
  return [
    from === undefined ? 'unnamed' : printable(pathText(from.path)),
    ...(credentials === undefined ? [] : [`pid ${credentials.pid} uid ${credentials.uid}`]),
    ...(descriptors.length === 0 ? [] : [`${plural(descriptors.length, 'descriptor')}, closed`]),
  ]
}

const WORDS: Record<SocketTarget['kind'], (message: AnyMessage) => string[]> = {
  raw: rawWords,
  packet: packetWords,
  unix: unixWords,
}

/** The beginning of a text. Messages of Unix sockets mostly are text. */
function textOf(data: Buffer): string {
  const text = data.toString().trimEnd()
  return printable(text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}...` : text)
}

/** Prints a batch of messages of a target. Options of the command: `hex` for a hexdump of each. */
export function printMessages(
  out: Output,
  { kind, text }: SocketTarget,
  batch: readonly AnyMessage[],
  hex: boolean,
): void {
  for (const message of batch) {
    const { data, source, timestamp, interfaceIndex, descriptors, ...rest } = message
    if (out.json) {
      out.object({
        event: 'message',
        target: text,
        timestamp,
        source,
        ...(interfaceIndex !== undefined && kind === 'raw' && { interface: interfaceLabel(interfaceIndex) }),
        ...(descriptors !== undefined && { descriptors: descriptors.length }),
        ...rest,
        data,
      })
      continue
    }
    const content = kind === 'unix' && !hex && data.length > 0 ? `: ${textOf(data)}` : ''
    const words = [...(timestamp === undefined ? [] : [clockTime(timestamp)]), ...WORDS[kind](message)]
    out.line(`${words.join('  ')}  ${plural(data.length, 'byte')}${content}`)
    if (hex) for (const line of hexdump(data)) out.line(`  ${line}`)
  }
}
