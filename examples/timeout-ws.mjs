// TCP_USER_TIMEOUT on the connection of a WebSocket: node timeout-ws.mjs ws://127.0.0.1:8080/ [milliseconds]
import { once } from 'node:events'
import { connectorFor, control } from 'sockctl'
import { TCP_USER_TIMEOUT } from 'sockctl/options'
import WebSocket from 'ws'

const [url = 'ws://127.0.0.1:8080/', milliseconds = '10000'] = process.argv.slice(2)

const createConnection = connectorFor({ options: [[TCP_USER_TIMEOUT, Number(milliseconds)]] })
const client = new WebSocket(url, { createConnection })
client.on('message', (data) => console.log(`${data}`))
const [{ socket }] = await once(client, 'upgrade')
console.log(`port ${socket.localPort} waits ${control(socket).getSync(TCP_USER_TIMEOUT)} ms`)
