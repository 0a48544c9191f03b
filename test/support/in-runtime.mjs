// What users do with sockctl, for any runtime: in-runtime.mjs NAME runs a program and tells what it gives.
import dgram from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import net from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { control, interfaces, openReceiver, openSender, openSocket, watchInterfaces } from '../../dist/index.js'
import { IP_MULTICAST_TTL, SO_ACCEPTCONN, SO_RCVBUF, TCP_NODELAY } from '../../dist/options/index.js'
import { tell } from './stdio.mjs'

const GROUP = '239.5.5.5'

async function boundDgram() {
  const socket = dgram.createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return socket
}

async function listening() {
  const server = net.createServer((socket) => socket.on('error', () => {}).end('hello')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

/** The code and reason of the error that a call throws or rejects with. */
const refusalOf = (call) =>
  Promise.resolve()
    .then(call)
    .then(
      () => 'no error',
      ({ code, reason, message }) => ({ code, reason, message }),
    )

/** How many UDP sockets there are in the namespace, all of which are the program's: runtimes keep others of their own. */
const udpSockets = () => readFileSync('/proc/net/udp', 'utf8').trim().split('\n').length - 1

/** Waits until no UDP socket is left, since a terminated worker may end a little later, and gives how many are. */
async function udpSocketsLeft() {
  for (let turn = 0; turn < 200 && udpSockets() > 0; turn++) await setTimeout(10)
  return udpSockets()
}

const payloads = (count) => Array.from({ length: count }, (_, n) => Buffer.from(`datagram ${n}`))

/** Reads until `count` datagrams have come, and closes the receiver. */
async function readAll(receiver, count) {
  const texts = []
  for await (const batch of receiver) {
    for (const { data } of batch) texts.push(data.toString())
    if (texts.length >= count) break
  }
  return texts
}

const programs = {
  interfaces: () => interfaces().map(({ name }) => name),

  watchInterfaces: async () => {
    const ending = new AbortController()
    const told = []
    for await (const {
      type,
      interface: { name },
    } of watchInterfaces({ signal: ending.signal })) {
      told.push(`${type} ${name}`)
      // The loop waits for the next change when it is ended.
      setTimeout(50).then(() => ending.abort())
    }
    return told
  },

  async options() {
    const socket = await boundDgram()
    const c = control(socket)
    c.setSync(IP_MULTICAST_TTL, 7)
    await c.set(SO_RCVBUF, 65536)
    const dgramOptions = [c.getSync(IP_MULTICAST_TTL), await c.get(SO_RCVBUF)]
    const { fd } = c
    socket.close()
    const server = await listening()
    const client = net.connect(server.address().port, '127.0.0.1')
    await once(client, 'connect')
    await control(client).set(TCP_NODELAY, true)
    const netOptions = [control(client).getSync(TCP_NODELAY), await control(server).get(SO_ACCEPTCONN)]
    client.destroy()
    server.close()
    return { dgramOptions, netOptions, fd }
  },

  async memberships() {
    const socket = await boundDgram()
    const c = control(socket)
    const one = await c.join({ group: GROUP, interface: 'lo' })
    await one.block('127.0.0.9')
    const blocked = [...one.blocked]
    await one.leave()
    const source = await c.join({ group: GROUP, source: '127.0.0.1', interface: 'lo' })
    const all = await c.joinAll(Array.from({ length: 15 }, (_, n) => ({ group: `239.5.6.${n}`, interface: 'lo' })))
    const held = c.memberships.length
    for (const membership of [source, ...all]) await membership.leave()
    socket.close()
    return { blocked, held, left: c.memberships.length }
  },

  /** Descriptors are asked for before there are any, and after they are gone. */
  async closedSockets() {
    const unbound = dgram.createSocket('udp4')
    const closed = await boundDgram()
    const c = control(closed)
    await c.get(SO_RCVBUF)
    closed.close()
    const server = await listening()
    const client = net.connect(server.address().port, '127.0.0.1')
    await once(client, 'connect')
    const ofClient = control(client)
    ofClient.getSync(TCP_NODELAY)
    client.destroy()
    server.close()
    const refusals = await Promise.all([
      refusalOf(() => control(unbound).getSync(SO_RCVBUF)),
      refusalOf(() => c.getSync(SO_RCVBUF)),
      refusalOf(() => ofClient.getSync(TCP_NODELAY)),
      refusalOf(() => control(server).getSync(SO_ACCEPTCONN)),
    ])
    unbound.close()
    return refusals.map(({ reason }) => reason)
  },

  async openedSocket() {
    const owned = await openSocket({
      family: 'ipv4',
      type: 'dgram',
      options: [[SO_RCVBUF, 65536]],
      bind: { address: '127.0.0.1', port: 0 },
    })
    const read = [await owned.control.get(SO_RCVBUF), owned.address().address]
    await owned.close()
    const server = await listening()
    const to = { address: '127.0.0.1', port: server.address().port }
    const connected = await openSocket({ family: 'ipv4', type: 'stream', connect: to })
    read.push(connected.remoteAddress().port === to.port)
    await connected.close()
    server.close()
    return read
  },

  async receive() {
    const receiver = await openReceiver({ channels: [{ group: GROUP, interface: 'lo' }] })
    const to = { address: GROUP, port: receiver.address.port }
    const sender = await openSender({ to, interface: 'lo' })
    await sender.send(payloads(50))
    const texts = await readAll(receiver, 50)
    await sender.close()
    return {
      right: texts.filter((text, n) => text === `datagram ${n}`).length,
      stillOpen: udpSockets(),
    }
  },

  /** Nobody closes anything, and nobody reads: nothing keeps the process alive. */
  async leftOpen() {
    const receiver = await openReceiver({ address: '127.0.0.1' })
    const sender = await openSender({ to: receiver.address })
    // The collector warns of what is forgotten, if it comes in time.
    globalThis.leftOpen = [receiver, sender]
    await sender.send(Buffer.from('x'))
    receiver[Symbol.asyncIterator]().next()
    receiver.unref()
    return 'left open'
  },

  async exitWhileReading() {
    const receiver = await openReceiver({ address: '127.0.0.1' })
    const sender = await openSender({ to: receiver.address })
    await sender.send(Buffer.from('x'))
    ;(async () => {
      for await (const _ of receiver) await sender.send(Buffer.from('x'))
    })()
    setTimeout(100).then(() => process.exit())
    return 'reading'
  },

  /** A receiver that is never idle leaves room for timers. */
  async busy() {
    const receiver = await openReceiver({ address: '127.0.0.1' })
    const sender = await openSender({ to: receiver.address })
    let ticks = 0
    const timer = setInterval(() => ticks++, 10)
    setTimeout(500).then(() => receiver.close())
    await sender.send(payloads(10))
    for await (const batch of receiver) await sender.send(payloads(batch.length))
    clearInterval(timer)
    await sender.close()
    return { ticks, datagrams: receiver.stats().datagrams }
  },

  async workers() {
    const one = async () => {
      const worker = new Worker(fileURLToPath(import.meta.url))
      const exited = once(worker, 'exit')
      await once(worker, 'message')
      await worker.terminate()
      await exited
    }
    for (let n = 0; n < 8; n++) await one()
    const stillOpen = await udpSocketsLeft()
    // The main thread still polls.
    const { right } = await programs.receive()
    return { right, stillOpen }
  },

  async requiredToo() {
    const required = createRequire(import.meta.url)('../../dist/index.js')
    const socket = await boundDgram()
    const same = required.control(socket) === control(socket)
    socket.close()
    return same
  },

  async toDatagram() {
    const owned = await openSocket({ family: 'ipv4', type: 'dgram', bind: { address: '127.0.0.1', port: 0 } })
    return refusalOrAnswer(owned, async () => {
      const socket = owned.toDatagram()
      if (socket.listening !== true) await once(socket, 'listening')
      const heard = once(socket, 'message')
      socket.send('hello', socket.address().port, '127.0.0.1')
      const [message] = await heard
      socket.close()
      return message.toString()
    })
  },

  async toStream() {
    const server = await listening()
    const { port } = server.address()
    const owned = await openSocket({ family: 'ipv4', type: 'stream', connect: { address: '127.0.0.1', port } })
    return refusalOrAnswer(owned, async () => {
      const socket = owned.toStream()
      const [data] = await once(socket, 'data')
      socket.destroy()
      return data.toString()
    }).finally(() => server.close())
  },

  async toServer() {
    const owned = await openSocket({ family: 'ipv4', type: 'stream', bind: { address: '127.0.0.1', port: 0 } })
    return refusalOrAnswer(owned, async () => {
      const server = owned.toServer({}, (socket) => socket.end('hello'))
      if (!server.listening) await once(server, 'listening')
      const client = net.connect(server.address().port, '127.0.0.1')
      const [data] = await once(client, 'data')
      client.destroy()
      server.close()
      return data.toString()
    })
  },
}

async function refusalOrAnswer(owned, take) {
  try {
    return { answer: await take() }
  } catch ({ code, reason, message }) {
    await owned.close()
    return { code, reason, message }
  }
}

async function readInWorker() {
  const receiver = await openReceiver({ channels: [{ group: GROUP, interface: 'lo' }] })
  const sender = await openSender({ to: { address: GROUP, port: receiver.address.port }, interface: 'lo' })
  let read = 0
  await sender.send(Buffer.from('x'))
  for await (const batch of receiver) {
    read += batch.length
    if (read === 20) parentPort.postMessage(read)
    await sender.send(Buffer.from('x'))
  }
}

if (isMainThread) tell({ gave: await programs[process.argv[2]]() })
else await readInWorker()
