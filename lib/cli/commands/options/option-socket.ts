// The socket that `options get` and `options set` act on: an inherited descriptor, or a new socket.

import type { Command } from 'commander'
import { control, openSocket, type SocketControl, type SocketSpec } from '../../../index.ts'
import type { OptionParts } from '../../../options/option.ts'
import { UsageError } from '../../shell/failure.ts'
import { descriptor } from '../../shell/parsers.ts'

/** Every kind of socket the command line can open. */
export const SOCKET_KINDS = {
  udp4: { family: 'ipv4', type: 'dgram' },
  udp6: { family: 'ipv6', type: 'dgram' },
  tcp4: { family: 'ipv4', type: 'stream' },
  tcp6: { family: 'ipv6', type: 'stream' },
  mptcp4: { family: 'ipv4', type: 'stream', protocol: 'IPPROTO_MPTCP' },
  mptcp6: { family: 'ipv6', type: 'stream', protocol: 'IPPROTO_MPTCP' },
  sctp4: { family: 'ipv4', type: 'stream', protocol: 'IPPROTO_SCTP' },
  sctp6: { family: 'ipv6', type: 'stream', protocol: 'IPPROTO_SCTP' },
  udplite4: { family: 'ipv4', type: 'dgram', protocol: 'IPPROTO_UDPLITE' },
  udplite6: { family: 'ipv6', type: 'dgram', protocol: 'IPPROTO_UDPLITE' },
  icmp4: { family: 'ipv4', type: 'dgram', protocol: 'IPPROTO_ICMP' },
  icmp6: { family: 'ipv6', type: 'dgram', protocol: 'IPPROTO_ICMPV6' },
  raw4: { family: 'ipv4', type: 'raw', protocol: 'IPPROTO_RAW' },
  rawicmp4: { family: 'ipv4', type: 'raw', protocol: 'IPPROTO_ICMP' },
  igmp4: { family: 'ipv4', type: 'raw', protocol: 'IPPROTO_IGMP' },
  raw6: { family: 'ipv6', type: 'raw', protocol: 'IPPROTO_ICMPV6' },
  unix: { family: 'unix', type: 'stream' },
  packet: { family: 'packet', type: 'raw' },
  netlink: { family: 'netlink', type: 'raw' },
  vsock: { family: 'vsock', type: 'stream' },
} as const satisfies Record<string, SocketSpec>

export type CliSocketKind = keyof typeof SOCKET_KINDS

export const KIND_NAMES = Object.keys(SOCKET_KINDS) as CliSocketKind[]

export interface SocketChoice extends Partial<Record<CliSocketKind, true>> {
  fd?: number
}

/** Adds `--fd` to a command, and an option for each kind of new socket. */
export function takesSocketChoice(command: Command): Command {
  command.option('--fd <number>', 'the socket inherited as this descriptor', descriptor)
  for (const kind of KIND_NAMES) command.option(`--${kind}`, `a new ${kind} socket`)
  return command
}

/** The kind of new socket that suits the options of a level; udp4 suits all others. */
const KIND_FOR_LEVEL: Record<string, CliSocketKind> = {
  IPPROTO_IPV6: 'udp6',
  IPPROTO_ICMPV6: 'raw6',
  IPPROTO_TCP: 'tcp4',
  SOL_UDPLITE: 'udplite4',
  SOL_RAW: 'rawicmp4',
  SOL_SCTP: 'sctp4',
  SOL_PACKET: 'packet',
  SOL_NETLINK: 'netlink',
  SOL_MPTCP: 'mptcp4',
  SOL_TLS: 'tcp4',
  AF_VSOCK: 'vsock',
}

/** As above, for options that not every socket of their level takes: the beginnings of their names. */
const KIND_FOR_NAME: readonly (readonly [RegExp, CliSocketKind])[] = [
  [/^MRT_/, 'igmp4'],
  [/^MRT6_|^IPV6_(CHECKSUM|HDRINCL)$/, 'raw6'],
  [/^IP_(HDRINCL|NODEFRAG|ROUTER_ALERT)$/, 'raw4'],
  [/^SO_(PASS|PEER(CRED|GROUPS|PIDFD|SEC)|INQ$)/, 'unix'],
  [/^SO_(DEVMEM_DONTNEED|ORIGINAL_DST|RESERVE_MEM|TXREHASH)$/, 'tcp4'],
  [/^IP6T_SO_ORIGINAL_DST$/, 'tcp6'],
  [/^SO_NOFCS$/, 'packet'],
]

/** Levels whose sockets the command line does not open. */
const UNOPENED = /^SOL_(CAN_\w+|XDP)$/

function kindFor({ name, level }: OptionParts): CliSocketKind {
  if (UNOPENED.test(level))
    throw new UsageError(
      `${name} is of level ${level}, of which sockctl opens no socket: give one that is open by --fd`,
    )
  return KIND_FOR_NAME.find(([pattern]) => pattern.test(name))?.[1] ?? KIND_FOR_LEVEL[level] ?? 'udp4'
}

export interface OptionSocket extends AsyncDisposable {
  readonly what: string
  readonly control: SocketControl
}

/** Gives the socket of a descriptor, or opens one: of the kind asked for, else of one that suits the option. */
export async function openOptionSocket(options: SocketChoice, option?: OptionParts): Promise<OptionSocket> {
  const kinds = KIND_NAMES.filter((kind) => options[kind])
  if (kinds.length + (options.fd === undefined ? 0 : 1) > 1)
    throw new UsageError('name one socket: --fd, or one kind of new socket')
  if (options.fd !== undefined) {
    const inherited = control(options.fd)
    return { what: `descriptor ${options.fd}`, control: inherited, [Symbol.asyncDispose]: async () => {} }
  }
  const kind = kinds[0] ?? (option === undefined ? 'udp4' : kindFor(option))
  const socket = await openSocket(SOCKET_KINDS[kind])
  return { what: `a new ${kind} socket`, control: socket.control, [Symbol.asyncDispose]: () => socket.close() }
}
