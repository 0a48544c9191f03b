import dgram from 'node:dgram'
import { once } from 'node:events'
import net from 'node:net'
import { control, SocketOptionError } from 'sockctl'
import { SO_ATTACH_FILTER, SO_DETACH_FILTER, SO_GET_FILTER, SO_LOCK_FILTER } from 'sockctl/options'
import { expect, it } from 'vitest'
import { describeInNamespace } from './support/namespace.ts'

const LOAD_BYTE = 0x30
const AND = 0x54
const JUMP_IF_EQUAL = 0x15
const RETURN = 0x06

/** The offset of the payload: a filter sees a datagram from its UDP header on, which has 8 bytes. */
const EVEN_FIRST_BYTES = [
  { code: LOAD_BYTE, jt: 0, jf: 0, k: 8 },
  { code: AND, jt: 0, jf: 0, k: 1 },
  { code: JUMP_IF_EQUAL, jt: 0, jf: 1, k: 0 },
  { code: RETURN, jt: 0, jf: 0, k: 0xffffffff },
  { code: RETURN, jt: 0, jf: 0, k: 0 },
]

/** Sends 0 to 9, then 254, which every filter here lets pass; gives the numbers that arrived before 254. */
async function whatPasses(receiver: dgram.Socket): Promise<number[]> {
  const sender = dgram.createSocket('udp4')
  const arrived: number[] = []
  const last = new Promise<void>((resolve) => {
    receiver.on('message', (data) => (data[0] === 254 ? resolve() : arrived.push(data[0] ?? -1)))
  })
  const { port } = receiver.address()
  for (const first of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 254])
    await new Promise((resolve) => sender.send(Uint8Array.of(first), port, '127.0.0.1', resolve))
  await last
  receiver.removeAllListeners('message')
  sender.close()
  return arrived
}

describeInNamespace('a BPF program on a socket', () => {
  it('lets in what it returns a length for, until it is detached', async () => {
    const receiver = dgram.createSocket('udp4').bind(0, '127.0.0.1')
    await once(receiver, 'listening')
    const socket = control(receiver)
    await socket.set(SO_ATTACH_FILTER, EVEN_FIRST_BYTES)
    expect(await whatPasses(receiver)).toEqual([0, 2, 4, 6, 8])
    expect(await socket.get(SO_GET_FILTER)).toEqual(EVEN_FIRST_BYTES)

    await socket.set(SO_DETACH_FILTER, true)
    expect(await whatPasses(receiver)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(await socket.get(SO_GET_FILTER)).toEqual([])
    await expect(socket.set(SO_DETACH_FILTER, true)).rejects.toThrow(SocketOptionError)
    receiver.close()
  })

  it('may be as long as the kernel takes, and comes back whole', async () => {
    const receiver = dgram.createSocket('udp4').bind(0, '127.0.0.1')
    await once(receiver, 'listening')
    const socket = control(receiver)
    const long = [
      ...Array.from({ length: 4095 }, (_, index) => ({ code: 0, jt: 0, jf: 0, k: index })),
      { code: RETURN, jt: 0, jf: 0, k: 1000 },
    ]
    await socket.set(SO_ATTACH_FILTER, long)
    expect(await socket.get(SO_GET_FILTER)).toEqual(long)
    receiver.close()
  })

  it('that is locked can neither be changed nor detached', async () => {
    const receiver = dgram.createSocket('udp4').bind(0, '127.0.0.1')
    await once(receiver, 'listening')
    const socket = control(receiver)
    await socket.set(SO_ATTACH_FILTER, EVEN_FIRST_BYTES)
    await socket.set(SO_LOCK_FILTER, true)
    await expect(socket.set(SO_DETACH_FILTER, true)).rejects.toMatchObject({ reason: 'permission' })
    await expect(socket.set(SO_ATTACH_FILTER, EVEN_FIRST_BYTES)).rejects.toMatchObject({ reason: 'permission' })
    expect(await socket.get(SO_GET_FILTER)).toEqual(EVEN_FIRST_BYTES)
    receiver.close()
  })

  it('that jumps out of itself is refused by the kernel, in words', async () => {
    const server = net.createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const jump = [{ code: JUMP_IF_EQUAL, jt: 200, jf: 0, k: 0 }]
    await expect(control(server).set(SO_ATTACH_FILTER, jump)).rejects.toMatchObject({
      code: 'EINVAL',
      reason: 'bad-value',
      option: 'SO_ATTACH_FILTER',
    })
    server.close()
  })
})
