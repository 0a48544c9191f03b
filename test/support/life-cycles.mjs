// Life cycles of every object the library gives: each opens, uses and closes one, and may fail at any step.
// A cycle returns texts about what was done only by half. It closes what it opened in any case.
import dgram from 'node:dgram'
import { once } from 'node:events'
import { closeSync } from 'node:fs'
import net from 'node:net'
import {
  adoptSocket,
  connectSocket,
  control,
  descriptorOfProcess,
  interfaces,
  openReceiver,
  openSender,
  openSocket,
  socketPair,
  watchInterfaces,
} from 'sockctl'
import { IP_MULTICAST_ALL, SO_RCVBUF, SO_REUSEADDR, TCP_NODELAY } from 'sockctl/options'
import { joinedGroups } from './joined-groups.mjs'

const GROUP = '239.192.44.1'
const SOURCES = ['127.0.0.1', '127.0.0.2']

/** A bound dgram socket for `use`, closed afterwards. Its own calls are Node's, which no fault reaches. */
async function withSocket(use) {
  const socket = dgram.createSocket({ type: 'udp4', reuseAddr: true })
  socket.bind(0)
  await once(socket, 'listening')
  try {
    return await use(socket)
  } finally {
    await new Promise((resolve) => socket.close(resolve))
  }
}

/** The port of a server that ends each connection, for `use`. Its own calls are Node's, which no fault reaches. */
async function withServer(use) {
  const server = net.createServer((socket) => socket.end()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    return await use(server.address().port)
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
}

/** Closes what was opened, whatever happened meanwhile. An error of closing is thrown only if there was none before. */
async function closing(opened, use) {
  let failure
  try {
    return await use(opened)
  } catch (error) {
    failure = error
    throw error
  } finally {
    try {
      await opened.close()
    } catch (error) {
      // biome-ignore lint/correctness/noUnsafeFinally: the first error is the one to tell
      if (failure === undefined) throw error
    }
  }
}

/**
 * A join of all or none that was refused has left nothing in the kernel, or its error names the channels it could not
 * leave.
 */
function mustHaveNone(error, c, prefix) {
  const left = joinedGroups(prefix)
  if ((left.length > 0 || c.memberships.length > 0) && !(error.cause instanceof AggregateError))
    error.halfHappened = `joinAll rejected; the kernel has ${left.length} groups, the control ${c.memberships.length}`
  throw error
}

const mustBe = (right, words) => (right ? [] : [words])

export const cycles = {
  /** Options, a membership with blocks and a filter, a snapshot. */
  control: () =>
    withSocket(async (socket) => {
      const c = control(socket)
      await c.set(SO_RCVBUF, 65536)
      await c.get(SO_RCVBUF)
      await c.set(IP_MULTICAST_ALL, false)
      await c.setMulticastInterface('lo')
      await c.getMulticastInterface()
      const membership = await c.join({ group: GROUP, interface: 'lo' })
      await membership.block(SOURCES[1])
      const { mode, sources } = await c.getSourceFilter({ group: GROUP, interface: 'lo' })
      await membership.unblock(SOURCES[1])
      await c.setSourceFilter({ group: GROUP, interface: 'lo' }, { mode: 'include', sources: SOURCES })
      const held = c.memberships.map(({ source }) => source)
      await c.snapshot()
      for (const one of c.memberships) await one.leave()
      return [
        ...mustBe(mode === 'exclude' && sources.join() === SOURCES[1], `the filter was ${mode} ${sources}`),
        ...mustBe(held.join() === SOURCES.join(), `the memberships were of ${held}`),
        ...mustBe(c.memberships.length === 0, 'a membership was left and is still there'),
      ]
    }),

  /** A source-specific membership by a local address, and a route that is looked up. */
  joinByAddress: () =>
    withSocket(async (socket) => {
      const c = control(socket)
      const membership = await c.join({ group: GROUP, source: SOURCES[0], interface: '127.0.0.1' })
      await membership.leave()
      return mustBe(!membership.active, 'left and active')
    }),

  /** A join of all or none, held against the kernel's lists while the socket is open. */
  joinAll: () =>
    withSocket(async (socket) => {
      const groups = Array.from({ length: 12 }, (_, i) => `239.192.45.${i + 1}`)
      const c = control(socket)
      const memberships = await c
        .joinAll(groups.map((group) => ({ group, interface: 'lo' })))
        .catch((error) => mustHaveNone(error, c, '239.192.45.'))
      const wrong = mustBe(joinedGroups('239.192.45.').length === 12, 'joined all, and the kernel has not all')
      for (const membership of memberships) await membership.leave()
      return wrong
    }),

  /** A MessageSocket that is asked, answers, has a peer and none again; both closed. */
  messageSocket: async () => {
    const bind = { address: '127.0.0.1', port: 0 }
    const owned = await openSocket({ family: 'ipv4', type: 'dgram', bind })
    return closing(owned, async () => {
      const server = owned.toMessageSocket({ ancillary: { hopLimit: true }, returnedErrors: true })
      return closing(server, async () => {
        const asking = await openSocket({ family: 'ipv4', type: 'dgram' })
        return closing(asking, async () => {
          const client = asking.toMessageSocket()
          return closing(client, async () => {
            await client.connect(server.address)
            await client.send([Buffer.from('one'), { data: Buffer.from('two'), hopLimit: 3 }])
            const [asked] = await server.receive({ signal: AbortSignal.timeout(2000) })
            await server.reply(asked, Buffer.from('answer'))
            await client.receive({ signal: AbortSignal.timeout(2000) })
            await client.disconnect()
            client.stats()
          })
        })
      })
    })
  },

  /** Two Unix sockets, one of which passes descriptors to the other and is told who sends. */
  passedDescriptors: async () => {
    const [one, two] = await socketPair()
    return closing(two, () =>
      closing(one, async () => {
        const sender = one.toMessageSocket()
        return closing(sender, async () => {
          const receiver = two.toMessageSocket({ ancillary: { credentials: true } })
          return closing(receiver, async () => {
            await sender.send(Buffer.from('x'), undefined, { descriptors: [two, one.fd] })
            const [message] = await receiver.receive({ signal: AbortSignal.timeout(2000) })
            const { descriptors = [], ancillaryTruncated } = message
            for (const descriptor of descriptors) await descriptor.close()
            return mustBe(
              descriptors.length === 2 || ancillaryTruncated,
              `${descriptors.length} descriptors came, untold`,
            )
          })
        })
      }),
    )
  },

  /** A connection that is accepted, and ends. */
  accept: async () => {
    const listening = await openSocket({ family: 'unix', type: 'seqpacket', bind: { path: '' }, listen: {} })
    return closing(listening, async () => {
      const connecting = await openSocket({ family: 'unix', type: 'seqpacket', connect: listening.address() })
      return closing(connecting, async () => {
        const accepted = await listening.accept({ signal: AbortSignal.timeout(2000) })
        return closing(accepted, async () => {
          const socket = accepted.toMessageSocket()
          return closing(socket, async () => {
            await connecting.close()
            let batches = 0
            for await (const _ of socket) batches++
            return mustBe(batches === 0, 'a message came that nobody sent')
          })
        })
      })
    })
  },

  /** A receiver that hears one datagram of a sender; both closed. */
  receiver: async () => {
    const receiver = await openReceiver({
      channels: [{ group: GROUP, interface: 'lo' }],
      ancillary: { timestamp: true, hopLimit: true },
    })
    return closing(receiver, async () => {
      const second = await receiver.join({ group: '239.192.44.2', source: SOURCES[0], interface: 'lo' })
      const sender = await openSender({ to: { address: GROUP, port: receiver.address.port }, interface: 'lo' })
      await closing(sender, () => sender.send(Buffer.from('one')))
      const reader = receiver[Symbol.asyncIterator]()
      const { value = [] } = await reader.next()
      await second.leave()
      receiver.stats()
      return mustBe(value.length === 1 && value[0].data.toString() === 'one', `${value.length} datagrams arrived`)
    })
  },

  /** Sends to a group and to one's own socket, with choices for one datagram. */
  sender: async () => {
    const sender = await openSender({ interface: 'lo' })
    return closing(sender, async () => {
      const to = { address: GROUP, port: 9 }
      const sent = await sender.send([Buffer.from('a'), Buffer.from('b')], to, { hopLimit: 1 })
      sender.stats()
      return mustBe(sent === 2, `${sent} of 2 datagrams were sent`)
    })
  },

  openSocket: async () => {
    const owned = await openSocket({
      family: 'ipv4',
      type: 'dgram',
      options: [
        [SO_REUSEADDR, true],
        [SO_RCVBUF, 65536],
      ],
      bind: { address: '127.0.0.1', port: 0 },
    })
    return closing(owned, async () => {
      const wrong = mustBe(owned.address().port > 0, 'bound to no port')
      return [...wrong, ...mustBe(owned.remoteAddress() === undefined, 'connected to something')]
    })
  },

  /** What is not taken over is still the caller's. */
  adoptSocket: async () => {
    const fd = (
      await openSocket({ family: 'ipv4', type: 'stream', bind: { address: '127.0.0.1' }, listen: {} })
    ).release()
    let owned
    try {
      owned = adoptSocket(fd)
    } finally {
      if (owned === undefined) closeSync(fd)
    }
    return closing(owned, () => [
      ...mustBe(owned.protocol === 6 && owned.listening && !owned.connected, 'no TCP listener was adopted'),
      ...mustBe(owned.address().port > 0, 'bound to no port'),
    ])
  },

  toDatagram: () => handOver('dgram', (owned) => owned.toDatagram()),
  toDatagramUdp6: () => handOver('dgram', (owned) => owned.toDatagram(), { family: 'ipv6', address: '::1' }),
  toServer: () => handOver('stream', (owned) => owned.toServer()),

  toStream: () =>
    withServer(async (port) => {
      const owned = await openSocket({
        family: 'ipv4',
        type: 'stream',
        options: [[TCP_NODELAY, true]],
        connect: { address: '127.0.0.1', port },
      })
      return handedOver(owned, () => owned.toStream().resume())
    }),

  /** A name of two addresses; nobody listens at the first. */
  connectSocket: () =>
    withServer(async (port) => {
      const addresses = ['127.0.0.2', '127.0.0.1'].map((address) => ({ address, family: 4 }))
      const socket = await connectSocket({
        host: 'somewhere',
        port,
        options: [[TCP_NODELAY, true]],
        lookup: (_host, _options, answer) => answer(null, addresses),
        localAddress: '127.0.0.1',
      })
      const wrong = mustBe(socket.remoteAddress === '127.0.0.1', `connected to ${socket.remoteAddress}`)
      const closed = once(socket, 'close')
      socket.destroy()
      await closed
      return wrong
    }),

  /** Kept channels of each kind, renewed as the network is told anew, on a receiver and on a socket of Node's. */
  keptChannels: async () => {
    const channels = [GROUP, 'ff15::44:1'].map((group) => ({ group, interface: 'lo' }))
    const receiver = await openReceiver({ channels, keep: { waitForInterface: true } })
    return closing(receiver, async () => {
      await receiver.keep({ group: '239.192.44.3', interface: '*' })
      await receiver.renew()
      return withSocket(async (socket) => {
        const membership = await control(socket).join(
          { group: GROUP, source: SOURCES[0], interface: 'lo' },
          { keep: true },
        )
        await membership.renew()
        const wrong = mustBe(membership.active, 'a renewed membership is not joined')
        await membership.leave()
        return wrong
      })
    })
  },

  /** A watch over the interfaces until it has told of lo, and another that is aborted. */
  watchInterfaces: async () => {
    let wrong = ['there is no lo']
    for await (const {
      type,
      interface: { name },
    } of watchInterfaces()) {
      wrong = mustBe(type === 'present' && name === 'lo', `${type} ${name} came first`)
      break
    }
    const ending = new AbortController()
    for await (const _ of watchInterfaces({ signal: ending.signal })) ending.abort()
    return wrong
  },

  /** A duplicate of a socket of this process, whose options are read. */
  descriptorOfProcess: () =>
    withSocket(async (socket) => {
      const descriptor = descriptorOfProcess(process.pid, control(socket).fd)
      return closing(descriptor, async () => {
        control(descriptor.fd).getSync(SO_REUSEADDR)
      })
    }),

  interfaces: async () =>
    mustBe(
      interfaces().some(({ name }) => name === 'lo'),
      'there is no lo',
    ),
}

async function handOver(type, take, { family = 'ipv4', address = '127.0.0.1' } = {}) {
  const owned = await openSocket({ family, type, bind: { address, port: 0 } })
  return handedOver(owned, () => take(owned))
}

/** Node's socket is closed, or what refused to become one. */
async function handedOver(owned, take) {
  let socket
  try {
    socket = take()
  } finally {
    if (socket === undefined) await owned.close()
  }
  const closed = once(socket, 'close')
  if (socket instanceof net.Socket) socket.destroy()
  else socket.close()
  await closed
  return []
}
