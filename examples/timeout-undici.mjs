// TCP_USER_TIMEOUT on each connection of undici, and so of fetch: node timeout-undici.mjs http://127.0.0.1:8080/ [milliseconds]
import { subscribe } from 'node:diagnostics_channel'
import { connectorFor, control } from 'sockctl'
import { TCP_USER_TIMEOUT } from 'sockctl/options'
import { Agent, fetch } from 'undici'

const [url = 'http://127.0.0.1:8080/', milliseconds = '10000'] = process.argv.slice(2)

subscribe('undici:client:connected', ({ socket }) =>
  console.log(`port ${socket.localPort} waits ${control(socket).getSync(TCP_USER_TIMEOUT)} ms`),
)
const connect = connectorFor({ options: [[TCP_USER_TIMEOUT, Number(milliseconds)]] })
const dispatcher = new Agent({ connect })
console.log((await fetch(url, { dispatcher })).status)
await dispatcher.destroy()
