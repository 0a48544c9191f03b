// A membership of one source of one group, had with the addon alone: a program that holds it for a moment would take
// longer to load openSocket, control and the options than all else takes to run.
import { type NativeOption, native } from '../binding/native.ts'

/** A socket that joins and leaves the same source again and again. */
export interface SourceHold {
  /** Whether the socket is a member now. */
  join(): boolean
  leave(): void
  close(): Promise<void>
}

export interface HeldSource {
  readonly group: string
  readonly source: string
  /** An index. */
  readonly interface: number
}

const FAMILIES = {
  ipv4: { domain: 'AF_INET', level: 'IPPROTO_IP' },
  ipv6: { domain: 'AF_INET6', level: 'IPPROTO_IPV6' },
} as const

/** `undefined` if this host does not have the family. */
export function openSourceHold(family: 'ipv4' | 'ipv6', held: HeldSource): SourceHold | undefined {
  const { domain, level } = FAMILIES[family]
  const number = (name: string): number => native.constants[name] ?? -1
  const socket = new native.Socket()
  if (socket.open(number(domain), number('SOCK_DGRAM'), 0) !== 0) return undefined
  const option = (name: string): NativeOption =>
    native.option(number(level), number(name), native.codecs.group_source_req ?? -1, false)
  const [join, leave] = [option('MCAST_JOIN_SOURCE_GROUP'), option('MCAST_LEAVE_SOURCE_GROUP')]
  return {
    join: () => join.set(socket.fd, held) === undefined,
    leave: () => void leave.set(socket.fd, held),
    close: () => new Promise((resolve) => socket.close(resolve)),
  }
}
