// Asks rtnetlink(7) for lists, on a worker thread: the kernel answers under its network lock.
import { kernelError, SocketOptionError } from '../base/errors.ts'
import { datagramsNative } from '../binding/native.ts'
import {
  decodeOutcome,
  type NetlinkMessage,
  NLM_F_DUMP_INTR,
  NLMSG_DONE,
  NLMSG_ERROR,
  netlinkMessages,
} from '../kernel/netlink.ts'
import { isMalformed } from '../protocols/malformed.ts'

/** The datagrams of the answers to requests, in their order. */
export async function askRtnl(requests: readonly Uint8Array[]): Promise<Buffer[]> {
  const { NetlinkQuestions } = datagramsNative()
  const questions = new NetlinkQuestions()
  for (const request of requests) questions.add(request)
  await new Promise<void>((resolve) => questions.run(resolve))
  try {
    return questions.answers()
  } catch (errno) {
    if (typeof errno !== 'number') throw errno
    throw kernelError({ asked: 'list the interfaces', errno, syscall: 'netlink' })
  }
}

/** The messages of lists; `undefined` if the lists changed while they were made. Throws what the kernel refuses. */
export function listedMessages(datagrams: readonly Uint8Array[]): NetlinkMessage[] | undefined {
  const listed: NetlinkMessage[] = []
  for (const message of messagesOf(datagrams)) {
    if ((message.flags & NLM_F_DUMP_INTR) !== 0) return undefined
    if (message.type === NLMSG_DONE || message.type === NLMSG_ERROR) {
      const outcome = decodeOutcome(message)
      const { errno, text } = isMalformed(outcome) ? { errno: 0, text: outcome.malformed } : outcome
      if (errno !== 0 || isMalformed(outcome))
        throw kernelError({ asked: 'list the interfaces', errno, syscall: 'netlink', advice: text })
    } else listed.push(message)
  }
  return listed
}

export const messagesOf = (datagrams: readonly Uint8Array[]): NetlinkMessage[] =>
  datagrams.flatMap((datagram) => netlinkMessages(datagram).messages)

/** The most lists in a row that are not whole, since interfaces came or went, or notices were lost, meanwhile. */
export const MAX_SPOILT_LISTS = 16

/** The error of lists that were never whole. */
export const spoiltLists = (): SocketOptionError =>
  new SocketOptionError('list the interfaces: they changed whenever they were read; try again', {
    code: 'EAGAIN',
    reason: 'system',
  })
