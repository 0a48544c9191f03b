// Ask every host of a network, and list who answers (UNP 20): node udp-broadcast.mjs 255.255.255.255 5000 eth0
import { openSocket } from 'sockctl'
import { SO_BROADCAST } from 'sockctl/options'

const [address = '255.255.255.255', port = '7777', on = 'lo', seconds = '2'] = process.argv.slice(2)
const options = [[SO_BROADCAST, true]]
const socket = (await openSocket({ family: 'ipv4', type: 'dgram', options })).toMessageSocket()
await socket.send(Buffer.from('who is there?'), { address, port: Number(port) }, { interface: on })

const signal = AbortSignal.timeout(Number(seconds) * 1000)
for (;;) {
  const batch = await socket.receive({ signal }).catch(() => undefined)
  if (batch === undefined) break
  for (const { data, source } of batch) console.log(`${source.address}: ${data}`)
}
await socket.close()
