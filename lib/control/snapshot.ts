// A snapshot of all options of a socket, and the difference of two snapshots.

import { isDeepStrictEqual } from 'node:util'
import { mustBe, object } from '../base/check-fields.ts'
import { type NativeOption, native } from '../binding/native.ts'
import { getNow } from '../calls/call-now.ts'
import type { DescriptorOwner } from '../calls/socket-handle.ts'
import { kindOf, type SocketKind } from '../calls/socket-kind.ts'
import type { Level } from '../options/attributes.ts'
import * as table from '../options/index.ts'
import { type OptionParts, partsOf } from '../options/option.ts'
import { SO_PROTOCOL } from '../options/table/socket.ts'

interface KindAndProtocol extends SocketKind {
  readonly protocol: number
}

const is = (value: number, ...names: string[]): boolean => names.some((name) => native.constants[name] === value)
const isInternet = ({ family }: KindAndProtocol): boolean => is(family, 'AF_INET', 'AF_INET6')

/** Which sockets have the options of a level: on any other socket each call would fail. */
const APPLIES: Record<Level, (kind: KindAndProtocol) => boolean> = {
  SOL_SOCKET: () => true,
  IPPROTO_IP: isInternet,
  IPPROTO_IPV6: ({ family }) => is(family, 'AF_INET6'),
  IPPROTO_ICMPV6: ({ family, protocol }) => is(family, 'AF_INET6') && is(protocol, 'IPPROTO_ICMPV6'),
  IPPROTO_TCP: (kind) => isInternet(kind) && is(kind.protocol, 'IPPROTO_TCP', 'IPPROTO_MPTCP'),
  IPPROTO_UDP: (kind) => isInternet(kind) && is(kind.protocol, 'IPPROTO_UDP', 'IPPROTO_UDPLITE'),
  SOL_UDPLITE: (kind) => isInternet(kind) && is(kind.protocol, 'IPPROTO_UDPLITE'),
  SOL_RAW: ({ family, type }) => is(family, 'AF_INET') && is(type, 'SOCK_RAW'),
  SOL_SCTP: (kind) => isInternet(kind) && is(kind.protocol, 'IPPROTO_SCTP'),
  SOL_PACKET: ({ family }) => is(family, 'AF_PACKET'),
  SOL_NETLINK: ({ family }) => is(family, 'AF_NETLINK'),
  SOL_MPTCP: (kind) => isInternet(kind) && is(kind.protocol, 'IPPROTO_MPTCP'),
  SOL_TLS: (kind) => isInternet(kind) && is(kind.protocol, 'IPPROTO_TCP'),
  SOL_CAN_RAW: ({ family, protocol }) => is(family, 'AF_CAN') && is(protocol, 'CAN_RAW'),
  SOL_CAN_ISOTP: ({ family, protocol }) => is(family, 'AF_CAN') && is(protocol, 'CAN_ISOTP'),
  SOL_CAN_J1939: ({ family, protocol }) => is(family, 'AF_CAN') && is(protocol, 'CAN_J1939'),
  SOL_XDP: ({ family }) => is(family, 'AF_XDP'),
  AF_VSOCK: ({ family }) => is(family, 'AF_VSOCK'),
}

interface Row {
  readonly option: OptionParts
  readonly native: NativeOption
  readonly question: unknown
}

/** The options to read, by level. Made at the first snapshot, since most programs take none. */
let rows: Map<Level, Row[]> | undefined

function readable(): Map<Level, Row[]> {
  const byLevel = new Map<Level, Row[]>()
  for (const option of Object.values(table).map(partsOf)) {
    const { codec, attributes } = option
    if (!option.supported || !option.readable || attributes.consumes === true || codec.wrongQuestion) continue
    const row = { option, native: option.toRead(undefined), question: codec.question?.(undefined) }
    const level = option.level as Level
    byLevel.set(level, [...(byLevel.get(level) ?? []), row])
  }
  return byLevel
}

/** Only Linux tells the protocol of a socket; on other systems the type decides. */
function protocolOf(fd: number, type: number): number {
  if (SO_PROTOCOL.supported) return getNow(fd, partsOf(SO_PROTOCOL), undefined) as number
  const { IPPROTO_TCP, IPPROTO_UDP } = native.constants
  return (is(type, 'SOCK_STREAM') ? IPPROTO_TCP : IPPROTO_UDP) ?? -1
}

/** Every readable option of a socket that answers, by C name. Taking a snapshot changes nothing. */
export function snapshot(owner: DescriptorOwner): Record<string, unknown> {
  const { family, type } = kindOf(owner)
  const { fd } = owner
  const kind = { family, type, protocol: protocolOf(fd, type) }
  rows ??= readable()
  const values: Record<string, unknown> = {}
  for (const [level, list] of rows) {
    if (!APPLIES[level](kind)) continue
    for (const { option, native, question } of list) {
      try {
        const answer = native.get(fd, question)
        values[option.name] = option.codec.fromNative(answer as never)
      } catch (error) {
        // An outcome, a number: the kernel does not answer for this option, which is then left out.
        if (typeof error !== 'number') throw error
      }
    }
  }
  return values
}

/** An option that differs between two snapshots; `undefined` in a snapshot in which the option did not answer. */
export interface OptionChange {
  /** The value in the first snapshot; undefined if the option did not answer. */
  before: unknown
  /** The value in the second snapshot; undefined if the option did not answer. */
  after: unknown
}

const SNAPSHOT = object('a snapshot')

/**
 * The options whose values differ between two snapshots, by C name.
 * @throws TypeError for what is no snapshot
 */
export function diffSnapshots(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): Record<string, OptionChange> {
  mustBe(SNAPSHOT, 'before', before)
  mustBe(SNAPSHOT, 'after', after)
  const changes: Record<string, OptionChange> = {}
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)]))
    if (!isDeepStrictEqual(before[name], after[name])) changes[name] = { before: before[name], after: after[name] }
  return changes
}
