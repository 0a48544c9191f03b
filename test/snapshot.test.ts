import dgram from 'node:dgram'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import net from 'node:net'
import { control, diffSnapshots } from 'sockctl'
import { IP_MTU_DISCOVER, SO_ERROR, SO_LINGER, SO_RCVBUF, TCP_NODELAY } from 'sockctl/options'
import { expect, it } from 'vitest'
import { describeInNamespace } from './support/namespace.ts'
import { openKind } from './support/sockets.ts'

/** Values that change by themselves, even if the socket is not used. */
const CLOCKS = new Set(['TCP_INFO', 'TCP_TIMESTAMP', 'TCP_CC_INFO', 'SO_MEMINFO', 'SO_INCOMING_CPU'])

describeInNamespace('a snapshot', () => {
  it('has the levels of its socket and no others', async () => {
    const levels = async (kind: Parameters<typeof openKind>[0]) => {
      await using opened = await openKind(kind)
      return new Set(Object.keys(await control(opened.socket).snapshot()).map((name) => name.split('_')[0]))
    }
    expect(await levels('udp4')).toEqual(new Set(['SO', 'IP', 'UDP']))
    expect(await levels('tcp4')).toEqual(new Set(['SO', 'IP', 'TCP']))
    expect(await levels('udp6')).toEqual(new Set(['SO', 'IP', 'IPV6', 'UDP']))
    expect(await levels('tcp6')).toEqual(new Set(['SO', 'IP', 'IPV6', 'TCP']))
    expect(await levels('unix')).toEqual(new Set(['SO']))
  })

  it('gives what get gives, typed', async () => {
    await using opened = await openKind('tcp4')
    const socket = control(opened.socket)
    await socket.set(SO_LINGER, { onoff: true, linger: 3 })
    const all = await socket.snapshot()
    expect(all).toMatchObject({ SO_LINGER: { onoff: true, linger: 3 }, IP_MTU_DISCOVER: 'want', SO_TYPE: 1 })
    expect(all.SO_RCVBUF).toBe(await socket.get(SO_RCVBUF))
    expect(all.TCP_INFO).toMatchObject({ state: 'ESTABLISHED' })
  })

  it('changes nothing: the pending error stays, no descriptor is opened', async () => {
    const closed = dgram.createSocket('udp4').bind(0, '127.0.0.1')
    await once(closed, 'listening')
    const { port } = closed.address()
    await new Promise<void>((resolve) => closed.close(resolve))
    await using opened = await openKind('unix')
    const before = readdirSync('/proc/self/fd').length
    const first = await control(opened.socket).snapshot()
    expect(readdirSync('/proc/self/fd').length).toBe(before)
    expect(first).not.toHaveProperty(SO_ERROR.name)
    expect(first).not.toHaveProperty('SO_PEERPIDFD')

    const client = net.connect(port, '127.0.0.1')
    const [error] = (await once(client, 'error')) as [NodeJS.ErrnoException]
    expect(error.code).toBe('ECONNREFUSED')
  })

  it('of a closed socket is refused', async () => {
    const opened = await openKind('udp4')
    const socket = control(opened.socket)
    await opened[Symbol.asyncDispose]()
    await expect(socket.snapshot()).rejects.toMatchObject({ code: 'ERR_SOCKET_CLOSED', reason: 'closed' })
  })
})

describeInNamespace('the difference of two snapshots', () => {
  it('names what changed, and what it was', async () => {
    await using opened = await openKind('tcp4')
    const socket = control(opened.socket)
    const before = await socket.snapshot()
    await socket.set(TCP_NODELAY, true)
    await socket.set(IP_MTU_DISCOVER, 'probe')
    const changes = diffSnapshots(before, await socket.snapshot())
    expect(Object.fromEntries(Object.entries(changes).filter(([name]) => !CLOCKS.has(name)))).toEqual({
      TCP_NODELAY: { before: false, after: true },
      IP_MTU_DISCOVER: { before: 'want', after: 'probe' },
    })
  })
})

it('the difference of two snapshots tells what came and what went', () => {
  expect(diffSnapshots({ A: [1], B: 2n }, { A: [1], C: { d: 1 } })).toEqual({
    B: { before: 2n, after: undefined },
    C: { before: undefined, after: { d: 1 } },
  })
})
