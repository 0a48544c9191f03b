// Watch the IGMP messages of an interface (needs CAP_NET_RAW): node raw-igmp.mjs interface
import { openReceiver } from 'sockctl'

const [on = 'eth0'] = process.argv.slice(2)
const TYPES = { 17: 'query', 18: 'v1 report', 22: 'v2 report', 23: 'v2 leave', 34: 'v3 report' }

// Reports of version 3 go to 224.0.0.22, queries to 224.0.0.1, which every host is in.
const receiver = await openReceiver({ type: 'raw', protocol: 2, channels: [{ group: '224.0.0.22', interface: on }] })
process.once('SIGINT', () => receiver.close())
console.log(`watching ${on}`)

for await (const batch of receiver)
  for (const { data, source, destination } of batch) {
    const igmp = data.subarray((data[0] & 15) * 4)
    console.log(`${source.address} > ${destination}: ${TYPES[igmp[0]] ?? `type ${igmp[0]}`}`)
  }
