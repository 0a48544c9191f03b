// Sends numbered datagrams on request. Uses only node:dgram, so that the harness does not depend on the library it
// tests. Argument: a JSON object, SenderOptions of senders.ts.
import dgram from 'node:dgram'
import { isIPv6 } from 'node:net'
import { serve } from './stdio.mjs'

const { bind, port = 0, interface: through, hops, loopback } = JSON.parse(process.argv[2])

const socket = dgram.createSocket({ type: isIPv6(bind) ? 'udp6' : 'udp4', reuseAddr: true })
await new Promise((resolve, reject) => {
  socket.once('error', reject)
  socket.bind(port, bind, resolve)
})
socket.removeAllListeners('error')
if (through !== undefined) socket.setMulticastInterface(through)
if (hops !== undefined) socket.setMulticastTTL(hops)
if (loopback !== undefined) socket.setMulticastLoopback(loopback)

const send = (payload, to) =>
  new Promise((resolve, reject) => {
    socket.send(payload, to.port, to.address, (error) => (error ? reject(error) : resolve()))
  })

await serve({
  address: () => socket.address(),
  async send({ to, datagrams, size = 0 }) {
    for (const datagram of datagrams) {
      await send(JSON.stringify({ ...datagram, from: bind }).padEnd(size), to)
    }
  },
  setHops: ({ hops: value }) => {
    socket.setMulticastTTL(value)
  },
  setLoopback: ({ on }) => {
    socket.setMulticastLoopback(on)
  },
})
