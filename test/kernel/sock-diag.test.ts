// What sock_diag(7) tells of UDP sockets, asked of the kernel, and read from broken answers without an error.
import { openSocket } from 'sockctl'
import { IP_MULTICAST_ALL, IP_MULTICAST_LOOP, IPV6_V6ONLY, SO_BINDTODEVICE } from 'sockctl/options'
import { expect, it } from 'vitest'
import { NLMSG_DONE, netlinkMessages } from '../../lib/kernel/netlink.ts'
import { type DiagnosedSocket, decodeUdpSocket, udpSocketsRequest } from '../../lib/kernel/sock-diag.ts'
import { isMalformed } from '../../lib/protocols/malformed.ts'
import { ip } from '../support/commands.ts'
import { mutated } from '../support/mutated.ts'
import { describeInNamespace } from '../support/namespace.ts'
import { fc } from '../support/property.ts'

const SOCK_DIAG = 4

/** The messages with which the kernel answers, but for the last. */
async function answers(family: 'ipv4' | 'ipv6') {
  const opened = await openSocket({ family: 'netlink', type: 'raw', protocol: SOCK_DIAG, bind: {} })
  await using socket = opened.toMessageSocket()
  await socket.send(udpSocketsRequest(1, family), { pid: 0, groups: 0 })
  const messages = []
  for (;;)
    for (const { data } of await socket.receive())
      for (const message of netlinkMessages(Buffer.from(data)).messages) {
        if (message.type === NLMSG_DONE) return messages
        messages.push(message)
      }
}

const socketOn = async (family: 'ipv4' | 'ipv6', port: number): Promise<DiagnosedSocket | undefined> =>
  (await answers(family))
    .map((message) => decodeUdpSocket(message))
    .find((one): one is DiagnosedSocket => !isMalformed(one) && one.port === port)

describeInNamespace('a UDP socket of this host', () => {
  it('is told with its peer, its device and its options', async () => {
    await ip('link', 'set', 'lo', 'up')
    await using plain = await openSocket({ family: 'ipv4', type: 'dgram', bind: { port: 7001 } })
    expect(plain.fd).toBeGreaterThan(0)
    expect(await socketOn('ipv4', 7001)).toMatchObject({
      family: 'ipv4',
      peer: undefined,
      device: 0,
      unread: 0,
      loopsMulticast: true,
      takesAllMulticast: true,
    })
    await using other = await openSocket({
      family: 'ipv4',
      type: 'dgram',
      options: [
        [IP_MULTICAST_LOOP, false],
        [IP_MULTICAST_ALL, false],
        [SO_BINDTODEVICE, 'lo'],
      ],
      bind: { port: 7002 },
      connect: { address: '127.0.0.1', port: 7001 },
    })
    await other.toMessageSocket().send(Buffer.alloc(100))
    expect(await socketOn('ipv4', 7002)).toMatchObject({
      peer: '127.0.0.1',
      device: 1,
      loopsMulticast: false,
      takesAllMulticast: false,
    })
    expect((await socketOn('ipv4', 7001))?.unread).toBeGreaterThan(0)
  })
  it.each([true, false])('of IPv6 is told with IPV6_V6ONLY %s', async (isV6only) => {
    await using socket = await openSocket({
      family: 'ipv6',
      type: 'dgram',
      options: [[IPV6_V6ONLY, isV6only]],
      bind: { port: 7003 },
    })
    expect(socket.fd).toBeGreaterThan(0)
    expect(await socketOn('ipv6', 7003)).toMatchObject({ family: 'ipv6', isV6only })
  })
  it('is read from any bytes without an error', async () => {
    await using socket = await openSocket({ family: 'ipv4', type: 'dgram', bind: { port: 7001 } })
    expect(socket.fd).toBeGreaterThan(0)
    const [valid] = await answers('ipv4')
    fc.assert(
      fc.property(mutated(valid?.payload ?? new Uint8Array()), (payload) => {
        const found = decodeUdpSocket({ type: 20, flags: 0, seq: 1, pid: 1, payload })
        expect(isMalformed(found) || Number.isInteger(found.inode)).toBe(true)
      }),
    )
  })
  it('has its bit fields at the other end of the byte on a big-endian host', async () => {
    const payload = Buffer.alloc(80)
    payload[0] = 2
    // An attribute of 5 bytes: the length, the type INET_DIAG_SOCKOPT, and one byte of bit fields.
    payload.set([5, 0, 22, 0, 0b0000_1000], 72)
    const read = (littleEndian: boolean) =>
      decodeUdpSocket({ type: 20, flags: 0, seq: 1, pid: 1, payload }, littleEndian)
    expect(read(false)).toMatchObject({ loopsMulticast: true, takesAllMulticast: false })
    expect(read(true)).toMatchObject({ loopsMulticast: false, takesAllMulticast: false })
  })
})
