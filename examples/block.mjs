// Take a group from anyone but some: node block.mjs 239.255.1.1 5000 interface 127.0.0.2 [127.0.0.3 ...]
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { control } from 'sockctl'
import { IP_MULTICAST_ALL } from 'sockctl/options'

const [group = '239.255.1.1', port = '5000', on = 'lo', ...blocked] = process.argv.slice(2)

const socket = createSocket({ type: 'udp4', reuseAddr: true }).bind(Number(port))
await once(socket, 'listening')
await control(socket).set(IP_MULTICAST_ALL, false)

const membership = await control(socket).join({ group, interface: on })
for (const source of blocked) await membership.block(source)
console.log(`joined ${group}, blocking ${membership.blocked.join(', ')}`)

socket.on('message', (data, { address }) => console.log(`${address}: ${data}`))
