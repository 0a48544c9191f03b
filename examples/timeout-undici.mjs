// TCP_USER_TIMEOUT on each socket of undici, and so of fetch: node timeout-undici.mjs http://127.0.0.1:8080/ [milliseconds]
import { control } from 'sockctl'
import { TCP_USER_TIMEOUT } from 'sockctl/options'
import { Agent, buildConnector, fetch } from 'undici'

const [url = 'http://127.0.0.1:8080/', milliseconds = '10000'] = process.argv.slice(2)
const connect = buildConnector({})

const agent = new Agent({
  connect: (options, callback) =>
    connect(options, (error, socket) => {
      if (error) return callback(error, null)
      control(socket).setSync(TCP_USER_TIMEOUT, Number(milliseconds))
      console.log(`port ${socket.localPort} waits ${control(socket).getSync(TCP_USER_TIMEOUT)} ms`)
      callback(null, socket)
    }),
})
console.log((await fetch(url, { dispatcher: agent })).status)
await agent.destroy()
