// Receive one source of a group, source-specific: node ssm.mjs 10.0.0.1 232.1.1.1 5000 [interface]
import { openReceiver } from 'sockctl'

const [source = '127.0.0.1', group = '232.1.1.1', port = '5000', on] = process.argv.slice(2)
const channel = on === undefined ? { group, source } : { group, source, interface: on }

const receiver = await openReceiver({ port: Number(port), channels: [channel] })
process.once('SIGINT', () => receiver.close())
console.log(`joined ${group} of ${source}`)

for await (const batch of receiver)
  for (const datagram of batch) console.log(`${datagram.source.address}: ${datagram.data}`)
