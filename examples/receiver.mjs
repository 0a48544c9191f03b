// Receive a group from any source: node receiver.mjs 239.255.1.1 5000 [interface]
import { openReceiver } from 'sockctl'

const [group = '239.255.1.1', port = '5000', on] = process.argv.slice(2)
const channel = on === undefined ? { group } : { group, interface: on }

const receiver = await openReceiver({ port: Number(port), channels: [channel], ancillary: { hopLimit: true } })
process.once('SIGINT', () => receiver.close())
console.log(`joined ${group} on ${receiver.memberships[0]?.interface.name}`)

for await (const batch of receiver)
  for (const { data, source, hopLimit } of batch)
    console.log(`${source.address}:${source.port} hop limit ${hopLimit}: ${data}`)

console.log(receiver.stats())
