// Write to the system log (RFC 3164), each line of the input a message: echo hello | node syslog.mjs [tag] [path]
import { createInterface } from 'node:readline/promises'
import { openSocket } from 'sockctl'

const [tag = 'sockctl', path = '/dev/log'] = process.argv.slice(2)
const USER = 1
const NOTICE = 5

const socket = (await openSocket({ family: 'unix', type: 'dgram' })).toMessageSocket()
// Connected, so that a full log makes the sends wait, in order, until there is room.
await socket.connect({ path })

for await (const line of createInterface({ input: process.stdin })) {
  const [, month, day, , time] = /^\w+ (\w+) (\d+) (\d+) (\S+)/.exec(new Date()) ?? []
  const head = `<${USER * 8 + NOTICE}>${month} ${day.replace(/^0/, ' ')} ${time}`
  await socket.send(Buffer.from(`${head} ${tag}[${process.pid}]: ${line}`))
}
await socket.close()
