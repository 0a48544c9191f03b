// Receivers that count their datagrams, of this library and of node:dgram.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { control, openReceiver } from 'sockctl'
import { SO_MEMINFO, SO_RCVBUFFORCE } from 'sockctl/options'

const ROOM = 64 << 20

/** Counts datagrams; `take(count)` fulfils when so many more have come. */
function createCounter() {
  let received = 0
  let target = Infinity
  let reached
  return {
    add: (count) => {
      received += count
      if (received < target) return
      target = Infinity
      reached()
    },
    received: () => received,
    take: (count) =>
      new Promise((resolve) => {
        target = received + count
        reached = resolve
      }),
  }
}

/** A receiver on the loopback address with a large buffer, which is read all the time. */
export async function openOurs(options = {}) {
  const receiver = await openReceiver({
    address: '127.0.0.1',
    maxDatagram: 2048,
    ancillary: { timestamp: true },
    options: [[SO_RCVBUFFORCE, ROOM]],
    ...options,
  })
  const { add, ...counter } = createCounter()
  const read = async () => {
    for await (const batch of receiver) add(batch.length)
  }
  read()
  return {
    ...counter,
    port: receiver.address.port,
    dropped: () => receiver.stats().dropped,
    reads: () => receiver.stats().batches,
    close: () => receiver.close(),
  }
}

/** The same with node:dgram. */
export async function openDgram() {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  control(socket).setSync(SO_RCVBUFFORCE, ROOM)
  const { add, ...counter } = createCounter()
  socket.on('message', () => add(1))
  return {
    ...counter,
    port: socket.address().port,
    dropped: () => control(socket).getSync(SO_MEMINFO).drops,
    close: () => new Promise((closed) => socket.close(closed)),
  }
}
