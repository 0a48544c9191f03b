// TCP_USER_TIMEOUT on each connection of an agent: node timeout-http-agent.mjs http://127.0.0.1:8080/ [milliseconds]
import { once } from 'node:events'
import http from 'node:http'
import https from 'node:https'
import { connectorFor, control } from 'sockctl'
import { TCP_USER_TIMEOUT } from 'sockctl/options'

const [url = 'http://127.0.0.1:8080/', milliseconds = '10000'] = process.argv.slice(2)
const { Agent, get } = url.startsWith('https:') ? https : http

const agent = new Agent({ keepAlive: true })
agent.createConnection = connectorFor({ options: [[TCP_USER_TIMEOUT, Number(milliseconds)]] })
const [response] = await once(get(url, { agent }), 'response')
const timeout = control(response.socket).getSync(TCP_USER_TIMEOUT)
console.log(`${response.statusCode} on port ${response.socket.localPort}, which waits ${timeout} ms`)
response.resume().once('end', () => agent.destroy())
