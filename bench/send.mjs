// What sending a datagram costs, beside node:dgram and C.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { control, openSender } from 'sockctl'
import { compile } from './support/floor.mjs'
import { perCall, takeTurns } from './support/rounds.mjs'
import { atMost, faster } from './support/table.mjs'

export const title = 'Sending 1,316 bytes to a group, a datagram, in arrays of 64'
export const needsNamespace = true

const GROUP = '239.255.3.1'
const PORT = 5004
const BYTES = 1316
const TOGETHER = 64
const COUNT = 64_000
const ROUNDS = 5

export async function* rows() {
  const c = compile('send')
  const datagrams = Array.from({ length: TOGETHER }, () => Buffer.alloc(BYTES))
  const socket = createSocket('udp4').bind(0)
  await once(socket, 'listening')
  await control(socket).setMulticastInterface('lo')
  const to = { address: GROUP, port: PORT }
  const plain = await openSender({ to, interface: 'lo', segmentation: false })
  const segmented = await openSender({ to, interface: 'lo' })

  const send = (sender) =>
    perCall(COUNT, async (count) => {
      for (let left = count; left > 0; left -= TOGETHER) await sender.send(datagrams)
    })
  const contestants = {
    c: () => c(GROUP, PORT, BYTES, COUNT, 'plain'),
    cSegmented: () => c(GROUP, PORT, BYTES, COUNT, 'segmented'),
    dgram: perCall(COUNT, async (count) => {
      for (let left = count; left > 0; left -= TOGETHER)
        await new Promise((sent) => {
          for (let i = 1; i < TOGETHER; i++) socket.send(datagrams[i], PORT, GROUP)
          socket.send(datagrams[0], PORT, GROUP, sent)
        })
    }),
    plain: send(plain),
    segmented: send(segmented),
  }
  // The first turn warms up the code.
  await takeTurns(contestants, 1)
  const medians = await takeTurns(contestants, ROUNDS)
  socket.close()
  await Promise.all([plain.close(), segmented.close()])

  const row = (label, ours, name, floor, goal) => ({ label, ours, unit: 'ns', floor: { name, value: floor }, goal })
  yield row('sendmmsg', medians.plain, 'dgram.send', medians.dgram, faster(1.5))
  yield row('sendmmsg', medians.plain, 'C sendmmsg', medians.c, atMost(1.25))
  yield row('UDP_SEGMENT', medians.segmented, 'dgram.send', medians.dgram, faster(12))
  yield row('UDP_SEGMENT', medians.segmented, 'C UDP_SEGMENT', medians.cSegmented)
}
