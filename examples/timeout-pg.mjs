// TCP_USER_TIMEOUT on the connection of a client of PostgreSQL: node timeout-pg.mjs 127.0.0.1 5432 [milliseconds]
import pg from 'pg'
import { connectSocket, control } from 'sockctl'
import { TCP_USER_TIMEOUT } from 'sockctl/options'

const [host = '127.0.0.1', port = '5432', milliseconds = '10000'] = process.argv.slice(2)

const options = [[TCP_USER_TIMEOUT, Number(milliseconds)]]
const socket = await connectSocket({ host, port: Number(port), options })
// pg connects the stream that it is given, and waits for the event; this one is connected already.
Object.assign(socket, { connect: () => process.nextTick(() => socket.emit('connect')) })
const client = new pg.Client({ stream: () => socket, user: 'postgres' })
await client.connect()
console.log(`port ${socket.localPort} waits ${control(socket).getSync(TCP_USER_TIMEOUT)} ms`)
await client.end()
