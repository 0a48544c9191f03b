// TCP_USER_TIMEOUT on each socket of an http.Agent: node timeout-http-agent.mjs http://127.0.0.1:8080/ [milliseconds]
import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { control } from 'sockctl'
import { TCP_USER_TIMEOUT } from 'sockctl/options'

const [url = 'http://127.0.0.1:8080/', milliseconds = '10000'] = process.argv.slice(2)

class TimeoutAgent extends Agent {
  createConnection(options, callback) {
    const socket = super.createConnection(options, callback)
    return socket.once('connect', () => control(socket).setSync(TCP_USER_TIMEOUT, Number(milliseconds)))
  }
}

const agent = new TimeoutAgent({ keepAlive: true })
const [response] = await once(get(url, { agent }), 'response')
const timeout = control(response.socket).getSync(TCP_USER_TIMEOUT)
console.log(`${response.statusCode} on port ${response.socket.localPort}, which waits ${timeout} ms`)
response.resume().once('end', () => agent.destroy())
