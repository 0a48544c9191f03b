// Sends numbered datagrams to groups, a hundred a second to each, from an address of each source. Uses only node:dgram.
// Argument: a JSON object { interface: { ipv4, ipv6 }, sources: [address, ...] }.
import dgram from 'node:dgram'
import { isIPv6 } from 'node:net'
import { serve } from './stdio.mjs'

const { interfaces, sources } = JSON.parse(process.argv[2])

const sockets = await Promise.all(
  sources.map(
    (address) =>
      new Promise((resolve, reject) => {
        const socket = dgram.createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4' })
        socket.once('error', reject)
        socket.bind(0, address, () => {
          socket.removeAllListeners('error')
          // A datagram that can't leave while a cable is out is one that does not arrive.
          socket.on('error', () => {})
          socket.setMulticastInterface(isIPv6(address) ? `::%${interfaces}` : address)
          socket.setMulticastTTL(3)
          resolve({ socket, address })
        })
      }),
  ),
)

const targets = new Map()
let seq = 0
setInterval(() => {
  for (const { group, port } of targets.values()) {
    seq++
    for (const { socket, address } of sockets)
      if (isIPv6(address) === isIPv6(group)) socket.send(JSON.stringify({ seq, from: address }), port, group, () => {})
  }
}, 10)

await serve({
  start: ({ group, port }) => void targets.set(`${group} ${port}`, { group, port }),
  stop: ({ group, port }) => void targets.delete(`${group} ${port}`),
})
