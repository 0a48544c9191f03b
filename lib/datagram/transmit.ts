// Sends what was prepared: in batches, segmented if possible, with an error that says what failed.
import { constants } from 'node:os'
import { codeOf, kernelError, type SocketOptionError } from '../base/errors.ts'
import type { NativeDatagrams, NativeSendChoice } from '../binding/native.ts'
import { whyNotSending } from '../net/interface-state.ts'
import { type Family, isInet } from '../net/socket-address.ts'
import { goesOverIpv6, textOfDestination } from './destination.ts'
import type { PreparedSend } from './prepare.ts'
import { adviceOnSend } from './send-advice.ts'

/** Counts of a sender since it was opened. */
export interface SenderStats {
  /** Datagrams the kernel took, and the bytes of their payloads. */
  datagrams: number
  /** The bytes of their payloads. */
  bytes: number
  /** Datagrams the kernel took many at once, as one message that it splits: `UDP_SEGMENT`. */
  segmented: number
  /** How often a full send buffer made a send wait. */
  waits: number
  /** False if the system or the device refuses `UDP_SEGMENT`, or the sender was opened without it. */
  segmentation: boolean
  /**
   * The longest datagram in bytes that is still segmented. It shrinks when the kernel refuses one that is longer than
   * the path's MTU allows.
   */
  longestSegment: number
}

const { EAGAIN } = constants.errno
/** UIO_MAXIOV */
const MAX_DATAGRAMS_PER_CALL = 1024
/** UDP_MAX_SEGMENTS */
const MAX_SEGMENTS_PER_MESSAGE = 64

/** The longest payload in bytes. A length has 16 bits, and counts the UDP header; in IPv4 the IP header too. */
const maxPayload = (ipv6: boolean): number => (ipv6 ? 65527 : 65507)

export interface Transmitter {
  readonly stats: SenderStats
  /** Sends as many as one call takes: their number, or -1 if the send buffer is full. */
  advance(prepared: PreparedSend): number
}

export interface TransmitterPlan {
  readonly fd: () => number
  /** The socket's family, for the words of errors. Default IPv4 and IPv6. */
  readonly family?: Family
  readonly segmentation: boolean
  /**
   * Passes on the errors in the error queue. False: the queue was empty. A returned error makes the next send fail,
   * whatever it sends.
   */
  readonly tellReturned: () => boolean
  /** The index of the interface that datagrams leave by unless they say otherwise; 0: by route. */
  readonly interface: number
  /** The path's MTU in bytes, if the socket is connected. */
  readonly mtu: () => number | undefined
}

/** How many datagrams from `from` on have the same size. The last of a run may be shorter: UDP_SEGMENT allows that. */
function runOfEqualSize(datagrams: readonly Uint8Array[], from: number, most: number): { size: number; count: number } {
  const size = datagrams[from]?.length ?? 0
  const limit = Math.min(datagrams.length, from + most)
  let end = from + 1
  while (end < limit && datagrams[end]?.length === size) end++
  const tail = datagrams[end]?.length ?? 0
  if (end < limit && tail > 0 && tail < size) end++
  return { size, count: end - from }
}

/** The errnos of a send by an interface that does not send. */
const OF_AN_INTERFACE = ['ENETUNREACH', 'EHOSTUNREACH', 'ENETDOWN', 'EADDRNOTAVAIL', 'EINVAL']

const adviceOnInterface = (code: string, index: number, ipv6: boolean): string | undefined =>
  index === 0 || !OF_AN_INTERFACE.includes(code) ? undefined : whyNotSending(index, ipv6)

const adviceOnSegment = (code: string, choice: NativeSendChoice | undefined): string | undefined =>
  choice?.segment === undefined || !TOO_LONG_A_SEGMENT.includes(code)
    ? undefined
    : `the kernel splits a payload into at most 128 datagrams (64 before Linux 6.9), each as long as the path's MTU allows`

/** The errors by which the kernel refuses to segment datagrams of this length, and any: Node calls EOPNOTSUPP ENOTSUP. */
const TOO_LONG_A_SEGMENT = ['EINVAL', 'EMSGSIZE']
const NO_SEGMENTATION = ['EIO', 'ENOPROTOOPT', 'ENOTSUP']

/** Sends prepared datagrams through one socket, with as few calls as possible. */
export function createTransmitter(send: NativeDatagrams, plan: TransmitterPlan): Transmitter {
  const stats: SenderStats = {
    datagrams: 0,
    bytes: 0,
    segmented: 0,
    waits: 0,
    segmentation: plan.segmentation,
    longestSegment: maxPayload(true),
  }
  let cached: { choice: NativeSendChoice | undefined; ipv6: boolean; segment: number; bytes: Uint8Array } | undefined

  const controlFor = ({ choice, ipv6 }: PreparedSend, segment: number): Uint8Array | undefined => {
    if (choice === undefined && segment === 0) return undefined
    if (cached?.choice !== choice || cached?.segment !== segment || cached.ipv6 !== ipv6)
      cached = { choice, ipv6, segment, bytes: send.encodeSendControl(ipv6, choice ?? {}, segment) }
    return cached.bytes
  }

  const sendSome = (prepared: PreparedSend, count: number, perMessage: number, segment: number): number => {
    const { datagrams, done, to, controls } = prepared
    const control = controls ?? controlFor(prepared, segment)
    const taken = send.sendDatagrams(plan.fd(), datagrams, done, count, perMessage, to, control)
    for (let index = done; index < done + taken; index++) stats.bytes += datagrams[index]?.length ?? 0
    stats.datagrams += taken
    if (segment > 0) stats.segmented += taken
    prepared.done += taken
    return taken
  }

  const sendUnsegmented = (prepared: PreparedSend): number =>
    sendSome(prepared, Math.min(MAX_DATAGRAMS_PER_CALL, prepared.datagrams.length - prepared.done), 1, 0)

  /** Called when datagrams were refused with segmentation and taken without: the error was segmentation's. */
  const noteRefusedSegmentation = (code: string, size: number): void => {
    if (NO_SEGMENTATION.includes(code)) stats.segmentation = false
    else stats.longestSegment = size - 1
  }

  const advance = (prepared: PreparedSend): number => {
    const { datagrams, done, controls, ipv6 } = prepared
    if (!stats.segmentation || controls !== undefined || prepared.choice?.segment !== undefined)
      return sendUnsegmented(prepared)
    const { size, count } = runOfEqualSize(datagrams, done, MAX_DATAGRAMS_PER_CALL)
    const perMessage = size === 0 ? 1 : Math.min(MAX_SEGMENTS_PER_MESSAGE, Math.floor(maxPayload(ipv6) / size))
    if (count < 2 || perMessage < 2 || size > stats.longestSegment) return sendUnsegmented(prepared)
    try {
      return sendSome(prepared, count, perMessage, size)
    } catch (error) {
      if (typeof error !== 'number' || error === EAGAIN) throw error
      const code = codeOf(error)
      if (!TOO_LONG_A_SEGMENT.includes(code) && !NO_SEGMENTATION.includes(code)) throw error
      const taken = sendUnsegmented(prepared)
      noteRefusedSegmentation(code, size)
      return taken
    }
  }

  const adviceOnLength = (length: number, most: number): string => {
    if (length > most) return `at most ${most} are possible`
    const mtu = plan.mtu()
    const limit = mtu === undefined ? "the path's MTU" : `the path's MTU of ${mtu} bytes, headers included`
    return `that is more than ${limit}, and it may not be fragmented (IP_MTU_DISCOVER)`
  }

  const explain = (errno: number, prepared: PreparedSend): SocketOptionError => {
    const { done, datagrams, to } = prepared
    const choice = prepared.choices?.[done] ?? prepared.choice
    const length = datagrams[done]?.length ?? 0
    const sockaddr = Array.isArray(to) ? to[done] : to
    const ipv6 = sockaddr === undefined ? prepared.ipv6 : goesOverIpv6(sockaddr as Uint8Array)
    const most = maxPayload(ipv6)
    const by = Number(choice?.interface ?? plan.interface)
    const before = done > 0 ? `; the kernel took the ${done} before it` : ''
    const code = codeOf(errno)
    const { family = 'ipv4' } = plan
    const tooLarge = code === 'EMSGSIZE'
    return kernelError({
      asked: tooLarge ? `datagram ${done} has ${length} bytes` : `send datagram ${done}${textOfDestination(sockaddr)}`,
      errno,
      syscall: 'sendmmsg',
      advice: `${
        adviceOnSegment(code, choice) ??
        (tooLarge && isInet(family) ? adviceOnLength(length, most) : undefined) ??
        adviceOnInterface(code, by, ipv6) ??
        adviceOnSend(family, code) ??
        'failed'
      }${before}`,
    })
  }

  return {
    stats,
    advance: (prepared) => {
      for (;;) {
        try {
          return advance(prepared)
        } catch (error) {
          if (error === EAGAIN) return -1
          if (typeof error !== 'number') throw error
          if (!plan.tellReturned()) throw explain(error, prepared)
        }
      }
    },
  }
}
