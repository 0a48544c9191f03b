// The offset of servers that broadcast the time (RFC 5905, mode 5); sets no clock: node sntp.mjs interface [port]
import { listenNtp } from 'sockctl/sntp'

const [on = 'lo', port = '123'] = process.argv.slice(2)
const listener = await listenNtp({ interfaces: [on], port: Number(port) })
process.once('SIGINT', () => listener.close())
console.log('listening for servers')

for await (const notice of listener) {
  if (notice.type !== 'time') continue
  const { server, packet, offset, problems } = notice
  const trust = problems.length === 0 ? '' : `, not to be trusted: ${problems.join(', ')}`
  console.log(`${server.address} stratum ${packet.stratum}: offset ${(Number(offset) / 1e6).toFixed(3)} ms${trust}`)
}
