// A server that answers each datagram from the address that was asked, beside node:dgram and C. A C program asks.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { control, openSocket } from 'sockctl'
import { SO_RCVBUFFORCE } from 'sockctl/options'
import { compile, compileBeside } from './support/floor.mjs'
import { takeTurns } from './support/rounds.mjs'
import { atMost, faster } from './support/table.mjs'

export const title = 'An echo server on the wildcard address, 128 datagrams of 100 bytes under way: an echo'
export const needsNamespace = true

const BYTES = 100
const COUNT = 100_000
const WINDOW = 128
const ROUNDS = 5
const C_PORT = 5011
const ROOM = 64 << 20

async function openDgram() {
  const socket = createSocket('udp4').bind(0)
  await once(socket, 'listening')
  control(socket).setSync(SO_RCVBUFFORCE, ROOM)
  socket.on('message', (data, { address, port }) => socket.send(data, port, address))
  return { port: socket.address().port, close: () => socket.close() }
}

async function openOurs(options) {
  const bind = { port: 0 }
  const owned = await openSocket({ family: 'ipv4', type: 'dgram', bind, options: [[SO_RCVBUFFORCE, ROOM]] })
  const socket = owned.toMessageSocket({ maxDatagram: 2048, ...options })
  const serve = async () => {
    for await (const batch of socket) await Promise.all(batch.map((datagram) => socket.reply(datagram, datagram.data)))
  }
  serve()
  return { port: socket.address.port, close: () => socket.close() }
}

export async function* rows() {
  const ask = compile('ask')
  const answer = compileBeside('answer')
  const c = answer(C_PORT)
  await once(c.stdout, 'data')
  const servers = { dgram: await openDgram(), ours: await openOurs(), lent: await openOurs({ reuseBuffers: true }) }
  const contestants = {
    c: () => ask(C_PORT, BYTES, COUNT, WINDOW),
    ...Object.fromEntries(
      Object.entries(servers).map(([name, { port }]) => [name, () => ask(port, BYTES, COUNT, WINDOW)]),
    ),
  }
  // The first turn warms up the code.
  await takeTurns(contestants, 1)
  const medians = await takeTurns(contestants, ROUNDS)
  c.kill()
  for (const { close } of Object.values(servers)) await close()

  for (const [name, label] of [
    ['ours', 'reply() to each of a batch'],
    ['lent', 'the same with reuseBuffers'],
  ]) {
    yield { label, ours: medians[name], unit: 'ns', floor: { name: 'dgram', value: medians.dgram }, goal: faster(2) }
    yield {
      label,
      ours: medians[name],
      unit: 'ns',
      floor: { name: 'C recvmmsg, sendmmsg', value: medians.c },
      goal: atMost(1.6),
    }
  }
}
