// Send back what arrives, from the address that was asked: node udp-echo-server.mjs 5000
import { openSocket } from 'sockctl'

const port = Number(process.argv[2] ?? 7777)
const socket = (await openSocket({ family: 'ipv6', type: 'dgram', bind: { port } })).toMessageSocket()
process.once('SIGINT', () => socket.close())
console.log(`echoing on port ${socket.address.port}`)

for await (const batch of socket)
  for (const datagram of batch)
    await socket.reply(datagram, datagram.data).catch(({ message }) => console.error(message))
