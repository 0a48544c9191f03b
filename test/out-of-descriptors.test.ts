import { expect, it } from 'vitest'
import { spawnScript } from './support/processes.ts'

const code = `
  import { closeSync, openSync } from 'node:fs'
  import { createSocket } from 'node:dgram'
  import { once } from 'node:events'
  import { control, interfaces, openReceiver, openSender } from 'sockctl'
  import { tell } from '${new URL('support/stdio.mjs', import.meta.url)}'

  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const c = control(socket)
  const group = '239.1.1.1'
  const calls = {
    interfaces: async () => interfaces(),
    'join by name': () => c.join({ group, interface: 'lo' }),
    'join by index': () => c.join({ group, interface: 1 }),
    'join by address': () => c.join({ group, interface: '127.0.0.1' }),
    'join by route': () => c.join({ group }),
    joinAll: () => c.joinAll([{ group, interface: 'lo' }]),
    getSourceFilter: () => c.getSourceFilter({ group, interface: '127.0.0.1' }),
    setMulticastInterface: () => c.setMulticastInterface('127.0.0.1'),
    openReceiver: () => openReceiver({ channels: [{ group, interface: 'lo' }] }),
    openSender: () => openSender({ interface: 'lo' }),
  }
  const held = []
  try {
    for (;;) held.push(openSync('/dev/null'))
  } catch {}
  const errors = {}
  for (const [name, call] of Object.entries(calls))
    await call().then(() => {}, ({ code, reason, message }) => (errors[name] = { code, reason, message }))
  for (const fd of held) closeSync(fd)
  const membership = await c.join({ group, interface: 'lo' })
  tell({ errors, asked: Object.keys(calls), joined: membership.active })
  socket.close()`

it('a process without a descriptor left is told so, and not that its interfaces are gone', async () => {
  await using peer = spawnScript({ code }, [], ['sh', '-c', 'ulimit -n 400 && exec "$@"', 'sh'])
  const { errors, asked, joined } = await peer.next()
  const limit = { code: 'EMFILE', reason: 'limit', message: expect.stringContaining('ulimit -n') }
  expect(errors).toEqual(Object.fromEntries((asked as string[]).map((name) => [name, limit])))
  expect(joined).toBe(true)
})

const silent = `
  import { closeSync, openSync } from 'node:fs'
  import { once } from 'node:events'
  import { openReceiver, openSender } from 'sockctl'
  import { tell } from '${new URL('support/stdio.mjs', import.meta.url)}'

  const receiver = await openReceiver({ channels: [{ group: '239.9.8.9', interface: 'lo' }], keep: { renewAfter: 1000 } })
  const sender = await openSender({ to: { address: '239.9.8.9', port: receiver.address.port }, interface: 'lo' })
  await sender.send(Buffer.from('flowing'))
  await receiver.receive()
  const renewed = once(receiver, 'channel-change')
  const held = []
  try {
    for (;;) held.push(openSync('/dev/null'))
  } catch {}
  // The time of the first renewal.
  await new Promise((resolve) => setTimeout(resolve, 1500))
  for (const fd of held) closeSync(fd)
  const keepsAlive = setInterval(() => {}, 1000)
  const [{ type, reason }] = await renewed
  clearInterval(keepsAlive)
  tell({ type, reason, memberships: receiver.memberships.map(({ active }) => active) })
  await Promise.all([receiver.close(), sender.close()])`

it('a silent channel that can not be renewed for want of a descriptor is renewed later, and nothing is thrown', async () => {
  await using peer = spawnScript({ code: silent }, [], ['sh', '-c', 'ulimit -n 400 && exec "$@"', 'sh'])
  expect(await peer.next()).toEqual({ type: 'renewed', reason: 'silent', memberships: [true] })
})
