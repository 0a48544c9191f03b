import dgram from 'node:dgram'
import { once } from 'node:events'
import { control, SocketOptionError } from 'sockctl'
import * as options from 'sockctl/options'
import { describe, expect, it } from 'vitest'
import { openKind, type SocketKind } from './support/sockets.ts'

const { IP_ADD_MEMBERSHIP, IP_MULTICAST_TTL, IP_OPTIONS, SO_ERROR, SO_RCVBUF, TCP_NODELAY } = options

describe('get and set', () => {
  it('do at once what getSync and setSync do', async () => {
    await using opened = await openKind('udp4')
    const socket = control(opened.socket)
    const set = socket.set(IP_MULTICAST_TTL, 7)
    expect(socket.getSync(IP_MULTICAST_TTL)).toBe(7)
    await set
    socket.setSync(IP_MULTICAST_TTL, 8)
    expect(await socket.get(IP_MULTICAST_TTL)).toBe(8)
  })

  /** Whether a promise is settled already: if so, it wins against one made after it. */
  const first = (promise: Promise<unknown>) =>
    Promise.race([promise.then(() => 'settled'), Promise.resolve().then(() => 'later')])

  it('give a promise that is settled already for an option that does not wait', async () => {
    await using opened = await openKind('udp4')
    const socket = control(opened.socket)
    expect(await first(socket.get(IP_MULTICAST_TTL))).toBe('settled')
    expect(await first(socket.set(IP_MULTICAST_TTL, 7))).toBe('settled')
    expect(await first(socket.set(IP_ADD_MEMBERSHIP, { group: '239.1.1.1', interface: '127.0.0.1' }))).toBe('later')
  })

  it('take bytes that threads share', async () => {
    await using opened = await openKind('udp4')
    const socket = control(opened.socket)
    const shared = new Uint8Array(new SharedArrayBuffer(8)).fill(1)
    socket.setSync(IP_OPTIONS, shared.subarray(2, 6))
    expect(socket.getSync(IP_OPTIONS)).toEqual(Buffer.from([1, 1, 1, 1]))
    await socket.set(IP_OPTIONS, shared)
    expect(await socket.get(IP_OPTIONS)).toEqual(Buffer.alloc(8, 1))
  })

  it('name option, value and system call if the kernel refuses', async () => {
    await using opened = await openKind('udp4')
    const socket = control(opened.socket)
    const error = await socket.set(TCP_NODELAY, true).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(SocketOptionError)
    expect(error).toMatchObject({
      name: 'SocketOptionError',
      option: 'TCP_NODELAY',
      syscall: 'setsockopt',
      code: expect.stringMatching(/^E/),
      errno: expect.any(Number),
      message: expect.stringMatching(/TCP_NODELAY true/),
    })
    await expect(socket.get(TCP_NODELAY)).rejects.toMatchObject({ option: 'TCP_NODELAY', syscall: 'getsockopt' })
  })
})

describe('snapshot', () => {
  it.each(['udp4', 'udp6', 'tcp4', 'listener4'] satisfies SocketKind[])(
    'has what every readable option of a %s socket answers',
    async (kind) => {
      await using opened = await openKind(kind)
      const socket = control(opened.socket)
      const snapshot = await socket.snapshot()
      expect(snapshot).toMatchObject({ SO_TYPE: kind.startsWith('udp') ? 2 : 1, SO_RCVBUF: socket.getSync(SO_RCVBUF) })
      expect(Object.keys(snapshot).some((name) => name.startsWith('TCP_'))).toBe(
        kind === 'tcp4' || kind === 'listener4',
      )
      for (const name of Object.keys(snapshot))
        expect(options).toHaveProperty(name, expect.objectContaining({ readable: true }))
    },
  )

  it('takes nothing away: a pending error stays', async () => {
    const gone = dgram.createSocket('udp4').bind(0, '127.0.0.1')
    await once(gone, 'listening')
    const { port } = gone.address()
    await new Promise<void>((resolve) => gone.close(resolve))

    await using opened = await openKind('udp4')
    const socket = opened.socket as dgram.Socket
    socket.on('error', () => {})
    socket.connect(port, '127.0.0.1')
    await once(socket, 'connect')
    socket.send('nobody listens')
    const pending = control(socket).snapshot()
    expect(control(socket).getSync(SO_ERROR)).toBe(111)
    expect(await pending).not.toHaveProperty('SO_ERROR')
  })
})
