// Ask one host, and take no other's answer (UNP 8): echo hello | node udp-echo-client.mjs 127.0.0.1 5000 [milliseconds]
import { createInterface } from 'node:readline/promises'
import { openSocket } from 'sockctl'

const [address = '127.0.0.1', port = '7777', patience = '1000'] = process.argv.slice(2)
const family = address.includes(':') ? 'ipv6' : 'ipv4'
const socket = (await openSocket({ family, type: 'dgram' })).toMessageSocket()
// Connected: the kernel drops what comes from elsewhere, and a closed port is an error of receive().
await socket.connect({ address, port: Number(port) })

for await (const line of createInterface({ input: process.stdin })) {
  await socket.send(Buffer.from(line))
  try {
    for (const { data } of await socket.receive({ signal: AbortSignal.timeout(Number(patience)) }))
      console.log(`${data}`)
  } catch ({ name, code = name }) {
    console.error(code === 'TimeoutError' ? 'no answer' : code)
  }
}
await socket.close()
