// Count the lines of the input for a StatsD agent at a Unix socket: seq 5 | node statsd.mjs path [name]
import { createInterface } from 'node:readline/promises'
import { openSocket } from 'sockctl'

const [path = '/run/statsd.sock', name = 'lines'] = process.argv.slice(2)
const socket = (await openSocket({ family: 'unix', type: 'dgram' })).toMessageSocket()

for await (const line of createInterface({ input: process.stdin })) {
  const metrics = [`${name}:1|c`, `${name}.length:${line.length}|g`]
  try {
    // One call for all of them, without a connection: the agent may be started again meanwhile.
    await socket.send(
      metrics.map((metric) => Buffer.from(metric)),
      { path },
    )
  } catch ({ message }) {
    console.error(message)
  }
}
await socket.close()
