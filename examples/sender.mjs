// Send a line a second to a group: node sender.mjs 239.255.1.1 5000 [interface] [count]
import { setTimeout as pause } from 'node:timers/promises'
import { openSender } from 'sockctl'

const [address = '239.255.1.1', port = '5000', on, count = '10'] = process.argv.slice(2)
const leaves = on === undefined ? {} : { interface: on }

const sender = await openSender({ to: { address, port: Number(port) }, hops: 4, ...leaves })
for (let sequence = 1; sequence <= Number(count); sequence++) {
  await sender.send(Buffer.from(`datagram ${sequence}`))
  if (sequence < Number(count)) await pause(1000)
}
await sender.close()
