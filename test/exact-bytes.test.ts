// Options of raw bytes: getsockopt gets a buffer of the length that was asked for, with the question in it.
import { codecs, control, defineOption, openSocket, SocketOptionError } from 'sockctl'
import { SO_RCVBUF, TCP_MAXSEG } from 'sockctl/options'
import { expect, it, onTestFinished } from 'vitest'

async function raw() {
  const socket = await openSocket({ family: 'ipv4', type: 'stream', listen: {} })
  onTestFinished(() => socket.close())
  return socket.control
}
const option = <C extends ReturnType<typeof codecs.bytesOf> | typeof codecs.bytes>(codec: C) =>
  defineOption({ name: 'SO_RCVBUF as bytes', level: 'SOL_SOCKET', option: 8, codec })

it('reads as many bytes as the codec says, and no more', async () => {
  const c = await raw()
  const size = c.getSync(SO_RCVBUF)
  for (const length of [1, 2, 4]) {
    const bytes = c.getSync(option(codecs.bytesOf(length, length)))
    expect(bytes).toHaveLength(length)
    expect(bytes[0]).toBe(size & 255)
  }
  expect(await c.get(option(codecs.bytes))).toHaveLength(4)
  expect(c.getSync(option(codecs.bytes), new Uint8Array(2))).toHaveLength(2)
})

it('gives the kernel the question as the first content', async () => {
  const c = await raw()
  // TCP_MD5SIG_EXT and its kin read before they write; the sockets of iptables do too. Without the modules a short answer
  // leaves the rest of the question as it was.
  const long = defineOption({ name: 'long', level: 'IPPROTO_TCP', option: 2, codec: codecs.bytesOf(8, 8) })
  const answer = c.getSync(long, Buffer.from('abcdefgh'))
  expect(answer).toHaveLength(4)
  expect(answer.readInt32LE()).toBe(c.getSync(TCP_MAXSEG))
  expect(() => c.getSync(long, new Uint8Array(9))).toThrow(/at most 8 bytes/)
  expect(() => c.getSync(SO_RCVBUF, { group: '239.1.1.1' } as never)).toThrow(SocketOptionError)
  const asked = defineOption({
    name: 'IPT_SO_GET_INFO',
    level: 'IPPROTO_IP',
    option: 64,
    codec: codecs.bytesOf(84, 84),
  })
  // With the module of iptables there is an answer; without it the kernel knows no such option: never EINVAL, the length.
  try {
    expect(control(c.fd).getSync(asked, Buffer.from('filter'))).toHaveLength(84)
  } catch (error) {
    expect(error).toMatchObject({ code: expect.stringMatching(/ENOPROTOOPT|EPERM|ENOENT/) })
  }
})
