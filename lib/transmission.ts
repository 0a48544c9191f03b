import type { Endpoint } from './datagram.ts'
import { badValue, describeErrno, SocketOptionError, show } from './errors.ts'
import type { NativeDatagrams } from './native.ts'
import { controlFor } from './sender-control.ts'
import { checkEndpoint, type Message, type SendChoice } from './sender-options.ts'

export interface SenderStats {
  /** Datagrams the kernel took, and the bytes of their payloads. */
  datagrams: number
  bytes: number
  /** Of those, the ones handed over many as one (`UDP_SEGMENT`). */
  segmented: number
  /** How often a full send buffer made a send wait. */
  waits: number
  /** False where it is not to be had, or was switched off. */
  segmentation: boolean
}

const AGAIN = 11
/** A call takes so many at most (UIO_MAXIOV), a segmented message so many (UDP_MAX_SEGMENTS). */
const MOST_A_CALL = 1024
const MOST_SEGMENTS = 64

export interface Transmission {
  readonly stats: SenderStats
  /** Sends what it can now: how many of the run were taken; -1 where the send buffer is full. */
  advance(run: Run): number
}

/** Datagrams for one destination, sent one way. */
export interface Run {
  readonly datagrams: Uint8Array[]
  readonly destination: Uint8Array | undefined
  readonly choice: SendChoice
  /** Where this run begins in what the caller gave, for messages. */
  readonly first: number
  done: number
}

export interface TransmissionPlan {
  readonly fd: () => number
  readonly ipv6: boolean
  readonly segmentation: boolean
}

const NO_CHOICE: SendChoice = {}

/** The length that `from` and those behind it share, and how many do; the last may be shorter, for the kernel too. */
function equals(datagrams: Uint8Array[], from: number, most: number): { size: number; count: number } {
  const size = datagrams[from]?.length ?? 0
  const end = Math.min(datagrams.length, from + most)
  let place = from + 1
  while (place < end && datagrams[place]?.length === size) place++
  const tail = datagrams[place]?.length ?? 0
  if (place < end && tail > 0 && tail < size) place++
  return { size, count: place - from }
}

export function createTransmission(send: NativeDatagrams, plan: TransmissionPlan): Transmission {
  const { ipv6 } = plan
  const most = ipv6 ? 65527 : 65507
  const stats: SenderStats = { datagrams: 0, bytes: 0, segmented: 0, waits: 0, segmentation: plan.segmentation }
  // Datagrams longer than the path's MTU can be fragmented, but not segmented.
  let longestSegment = most
  let cached: { choice: SendChoice; segment: number; bytes: Uint8Array | undefined } | undefined

  const control = (choice: SendChoice, segment: number): Uint8Array | undefined => {
    if (cached?.choice !== choice || cached.segment !== segment)
      cached = { choice, segment, bytes: controlFor(send, choice, ipv6, segment) }
    return cached.bytes
  }

  const attempt = (run: Run, count: number, each: number, segment: number): number => {
    const { datagrams, done, destination, choice } = run
    return send.sendDatagrams(plan.fd(), datagrams, done, count, each, destination, control(choice, segment))
  }

  const taken = (run: Run, count: number, segmented: boolean): number => {
    for (let place = run.done; place < run.done + count; place++) stats.bytes += run.datagrams[place]?.length ?? 0
    stats.datagrams += count
    if (segmented) stats.segmented += count
    run.done += count
    return count
  }

  const advanceSegmented = (run: Run): number => {
    const { size, count } = equals(run.datagrams, run.done, MOST_A_CALL)
    if (count < 2 || size === 0 || size > longestSegment) return 0
    const each = Math.min(MOST_SEGMENTS, Math.floor(most / size))
    if (each < 2) return 0
    try {
      return taken(run, attempt(run, count, each, size), true)
    } catch (error) {
      if (error === AGAIN || typeof error !== 'number') throw error
      const { code } = describeErrno(error)
      // Too long for the path, or no checksum offload there: the datagrams go one by one, and a real error shows then.
      if (code === 'EINVAL' || code === 'EMSGSIZE') longestSegment = size - 1
      else if (code === 'EIO' || code === 'ENOPROTOOPT' || code === 'EOPNOTSUPP') stats.segmentation = false
      else throw error
      return 0
    }
  }

  const advancePlain = (run: Run): number => {
    const count = Math.min(MOST_A_CALL, run.datagrams.length - run.done)
    return taken(run, attempt(run, count, 1, 0), false)
  }

  const explain = (errno: number, run: Run): SocketOptionError => {
    const { code, text } = describeErrno(errno)
    const place = run.first + run.done
    const length = run.datagrams[run.done]?.length ?? 0
    const long = code === 'EMSGSIZE'
    const limit =
      length > most
        ? `at most ${most} bytes are possible`
        : "it is longer than the path's MTU, and may not be fragmented (IP_MTU_DISCOVER)"
    const what = long ? `datagram ${place} has ${length} bytes: ${limit}` : `sending datagram ${place} failed`
    const after = place > 0 ? `; the kernel took the ${place} before it` : ''
    const reason =
      long || code === 'EINVAL'
        ? 'bad-value'
        : code === 'EPERM' || code === 'EACCES'
          ? 'permission'
          : code === 'ENETUNREACH' || code === 'EHOSTUNREACH'
            ? 'no-route'
            : 'system'
    return new SocketOptionError(`${what}${after} (${code}: ${text})`, { code, errno, syscall: 'sendmmsg', reason })
  }

  return {
    stats,
    advance: (run) => {
      try {
        const segmented = stats.segmentation ? advanceSegmented(run) : 0
        return segmented > 0 ? segmented : advancePlain(run)
      } catch (error) {
        if (error === AGAIN) return -1
        throw typeof error === 'number' ? explain(error, run) : error
      }
    },
  }
}

/** What a caller gives, as runs. */
export function runsOf(
  data: Uint8Array | readonly (Uint8Array | Message)[],
  to: Endpoint | undefined,
  choice: SendChoice | undefined,
  encode: (to: Endpoint) => Uint8Array,
): Run[] {
  const run = (datagrams: Uint8Array[], first: number, end: Endpoint | undefined, how: SendChoice): Run => ({
    datagrams,
    destination: end && encode(end),
    choice: how,
    first,
    done: 0,
  })
  if (data instanceof Uint8Array) return [run([data], 0, to, choice ?? NO_CHOICE)]
  if (!Array.isArray(data)) throw badValue(`data is ${show(data)}: a Uint8Array, or an array of them, is needed`)
  if (data.length === 0) return []
  if (data.every((item) => item instanceof Uint8Array)) return [run(data as Uint8Array[], 0, to, choice ?? NO_CHOICE)]
  return data.map((item: Uint8Array | Message, place) => {
    if (item instanceof Uint8Array) return run([item], place, to, choice ?? NO_CHOICE)
    if (!(item?.data instanceof Uint8Array))
      throw badValue(`data[${place}] is ${show(item)}: a Uint8Array or { data, ... } is needed`)
    if (item.to !== undefined) checkEndpoint(item.to, `data[${place}].to`)
    return run([item.data], place, item.to ?? to, choice === undefined ? item : { ...choice, ...item })
  })
}
