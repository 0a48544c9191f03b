// How long a request and its reply take, beside node:dgram.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { openReceiver, openSender } from 'sockctl'
import { compileBeside } from './support/floor.mjs'
import { median, percentile } from './support/rounds.mjs'
import { atMost, below } from './support/table.mjs'

export const title = 'Request and reply on loopback, one at a time; a C program replies'

const PORT = 5005
const EACH = 5_000
const ROUNDS = 5

/** The microseconds of each of EACH requests. `ask` sends one and fulfils when its reply has come. */
async function times(ask) {
  const seen = []
  for (let i = 0; i < EACH; i++) {
    const start = process.hrtime.bigint()
    await ask()
    seen.push(Number(process.hrtime.bigint() - start) / 1e3)
  }
  return seen
}

/** The microseconds from arrival in the kernel to the reader, at 1,000 datagrams a second. */
async function waits(pace, options) {
  const receiver = await openReceiver({ address: '127.0.0.1', ancillary: { timestamp: true }, ...options })
  const child = pace(receiver.address.port, 100, 1000, 2, 1)
  const seen = []
  while (seen.length < 1900)
    for (const { timestamp } of await receiver.receive())
      seen.push((performance.timeOrigin + performance.now()) * 1e3 - Number(timestamp) / 1e3)
  child.kill()
  await receiver.close()
  // The first ones compile the code.
  return percentile(seen.slice(500), 0.99)
}

async function openEcho(echo, port, replyPort) {
  const child = echo(port, replyPort)
  await once(child.stdout, 'data')
  return child
}

export async function* rows() {
  const echo = compileBeside('echo')
  const request = Buffer.alloc(100)

  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const receiver = await openReceiver({ address: '127.0.0.1', maxDatagram: 2048 })
  const sender = await openSender({ to: { address: '127.0.0.1', port: PORT + 1 } })
  const batches = receiver[Symbol.asyncIterator]()
  const peers = await Promise.all([
    openEcho(echo, PORT, socket.address().port),
    openEcho(echo, PORT + 1, receiver.address.port),
  ])

  let replied
  socket.on('message', () => replied())
  const ways = {
    dgram: () =>
      new Promise((reply) => {
        replied = reply
        socket.send(request, PORT, '127.0.0.1')
      }),
    ours: async () => {
      const reply = batches.next()
      await sender.send(request)
      await reply
    },
  }
  const seen = { dgram: { p50: [], p99: [] }, ours: { p50: [], p99: [] } }
  for (let round = -1; round < ROUNDS; round++)
    for (const [name, ask] of Object.entries(ways)) {
      const took = await times(ask)
      if (round < 0) continue
      seen[name].p50.push(percentile(took, 0.5))
      seen[name].p99.push(percentile(took, 0.99))
    }
  for (const peer of peers) peer.kill()
  socket.close()
  await Promise.all([receiver.close(), sender.close()])

  for (const mark of ['p50', 'p99'])
    yield {
      label: `${mark}`,
      ours: median(seen.ours[mark]),
      unit: 'us',
      floor: { name: 'dgram', value: median(seen.dgram[mark]) },
      goal: atMost(1),
    }

  const pace = compileBeside('pace')
  const longer = []
  for (let round = -1; round < ROUNDS; round++) {
    const none = await waits(pace, {})
    const interval = await waits(pace, { readInterval: 1 })
    if (round >= 0) longer.push(interval - none)
  }
  yield {
    label: 'p99 of the way to the reader at 1,000 a second: readInterval: 1, more than none',
    ours: median(longer),
    unit: 'us',
    goal: below(50),
  }
}
