// Block a source on SIGUSR2, and unblock it on the next one: node block-on-signal.mjs 239.255.1.1 5000 interface 127.0.0.2
import { openReceiver } from 'sockctl'

const [group = '239.255.1.1', port = '5000', on = 'lo', source = '127.0.0.2'] = process.argv.slice(2)

const receiver = await openReceiver({ port: Number(port) })
const membership = await receiver.join({ group, interface: on })
process.once('SIGINT', () => receiver.close())

// Flipped at once, and not read from `membership.blocked`: the next signal may come before the call has ended.
let blocking = false
process.on('SIGUSR2', async () => {
  blocking = !blocking
  await (blocking ? membership.block(source) : membership.unblock(source))
  console.log(`blocked: ${membership.blocked.join(', ') || 'nobody'}`)
})
console.log(`kill -USR2 ${process.pid}`)

for await (const batch of receiver) for (const { data, source } of batch) console.log(`${source.address}: ${data}`)
