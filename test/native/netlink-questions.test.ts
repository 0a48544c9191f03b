import { expect, it } from 'vitest'
import { datagramsNative } from '../../lib/binding/native.ts'
import { netlinkMessages } from '../../lib/kernel/netlink.ts'
import { addressRequest } from '../../lib/kernel/rtnl-address.ts'
import { linkRequest } from '../../lib/kernel/rtnl-link.ts'
import { describeInNamespace } from '../support/namespace.ts'

describeInNamespace('questions to rtnetlink', () => {
  const questions = () => {
    const { NetlinkQuestions } = datagramsNative()
    return new NetlinkQuestions()
  }

  it('are answered in their order', async () => {
    const asked = questions()
    for (const request of [linkRequest(1, 1), addressRequest(2), linkRequest(3)]) asked.add(request)
    await new Promise<void>((resolve) => asked.run(resolve))
    const seqs = asked.answers().flatMap((datagram) => netlinkMessages(datagram).messages.map(({ seq }) => seq))
    expect([...new Set(seqs)]).toEqual([1, 2, 3])
  })

  it('are messages with a header', () => {
    for (const wrong of ['x', undefined, new Uint16Array(16), {}])
      expect(() => questions().add(wrong as never)).toThrow(TypeError)
    expect(() => questions().add(new Uint8Array(15))).toThrow(RangeError)
  })

  it('are asked once', async () => {
    const asked = questions()
    asked.add(linkRequest(1, 1))
    const done = new Promise<void>((resolve) => asked.run(resolve))
    expect(() => asked.add(linkRequest(2, 1))).toThrow('this work has been sent')
    expect(() => asked.run(() => {})).toThrow('this work has been sent')
    await done
    expect(asked.answers()).toHaveLength(1)
  })

  it('that the kernel does not answer are an error, and no wait for ever', async () => {
    const asked = questions()
    const unanswered = linkRequest(1, 1)
    // Without NLM_F_REQUEST the kernel passes a message over.
    unanswered[6] = 0
    asked.add(unanswered)
    await new Promise<void>((resolve) => asked.run(resolve))
    expect(() => asked.answers()).toThrow(expect.toSatisfy((errno) => typeof errno === 'number' && errno > 0))
  })
})
