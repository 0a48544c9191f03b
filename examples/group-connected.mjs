// One source of a group without a source filter: bound to the group, connected to the source with port 0.
// The kernel drops what others send: node group-connected.mjs 10.0.0.1 239.1.1.1 5000 eth0
import { openSocket } from 'sockctl'

const [source = '127.0.0.1', group = '239.1.1.1', port = '5000', on = 'lo'] = process.argv.slice(2)
const owned = await openSocket({ family: 'ipv4', type: 'dgram', bind: { address: group, port: Number(port) } })
await owned.control.join({ group, interface: on })
const socket = owned.toMessageSocket()
await socket.connect({ address: source, port: 0 })
process.once('SIGINT', () => socket.close())
console.log(`only of ${source}`)

for await (const batch of socket)
  for (const datagram of batch) console.log(`${datagram.source.address}: ${datagram.data}`)
