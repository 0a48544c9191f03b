// Greet the PIM routers of a network, and list them (RFC 7761 4.9.2): node pim-hello.mjs eth0. CAP_NET_RAW
import { openSocket } from 'sockctl'

const [on = 'lo', seconds = '30'] = process.argv.slice(2)
const group = '224.0.0.13'
const socket = (await openSocket({ family: 'ipv4', type: 'raw', protocol: 103 })).toMessageSocket()
await socket.control.join({ group, interface: on })

// Version 2, hello; option 1: the holdtime, 2 bytes, 105 s; option 19: the priority, 4 bytes, 1.
const hello = Buffer.from('200000000001000200690013000400000001', 'hex')
let sum = 0
for (let at = 0; at < hello.length; at += 2) sum += hello.readUInt16BE(at)
hello.writeUInt16BE(~((sum & 0xffff) + (sum >>> 16)) & 0xffff, 2)
await socket.send(hello, { address: group }, { interface: on, hopLimit: 1 })

setTimeout(() => socket.close(), seconds * 1000)
for await (const batch of socket)
  for (const { data, source } of batch)
    if (data[(data[0] & 15) * 4] === 0x20) console.log(`${source.address} is a PIM router`)
