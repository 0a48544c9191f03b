// Set and read a whole source filter (RFC 3678): node filter.mjs 239.255.1.1 interface include|exclude [source ...]
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { control } from 'sockctl'

const [group = '239.255.1.1', on = 'lo', mode = 'exclude', ...sources] = process.argv.slice(2)

const socket = createSocket('udp4').bind(0)
await once(socket, 'listening')
const c = control(socket)

await c.join({ group, interface: on })
await c.setSourceFilter({ group, interface: on }, { mode, sources })
console.log(await c.getSourceFilter({ group, interface: on }))
socket.close()
