// Asks rtnetlink(7) for lists, on a worker thread: the kernel answers under its network lock.
import { kernelError } from '../base/errors.ts'
import { datagramsNative } from '../binding/native.ts'

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
