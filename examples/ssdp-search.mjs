// Which UPnP devices are there? Asks the group, and hears the answers, which come by unicast: node ssdp-search.mjs eth0
import { openReceiver } from 'sockctl'

const [on = 'lo', group = '239.255.255.250', port = '1900', seconds = '3'] = process.argv.slice(2)
const receiver = await openReceiver({ unicast: true })
const ask = ['M-SEARCH * HTTP/1.1', `HOST: ${group}:${port}`, 'MAN: "ssdp:discover"', 'MX: 2', 'ST: ssdp:all', '', '']
await receiver.send(
  Buffer.from(ask.join('\r\n')),
  { address: group, port: Number(port) },
  { interface: on, hopLimit: 2 },
)

const seen = new Set()
setTimeout(() => receiver.close(), Number(seconds) * 1000)
for await (const batch of receiver)
  for (const { data, source } of batch) {
    const [, location = '?'] = /^location: *(.*?)\r?$/im.exec(String(data)) ?? []
    if (!seen.has(location)) console.log(`${source.address}: ${location}`)
    seen.add(location)
  }
