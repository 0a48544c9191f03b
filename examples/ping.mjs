// Ping a host without privilege, by an ICMP socket: node ping.mjs 192.0.2.1
import { openSocket } from 'sockctl'

const [address = '127.0.0.1', count = '3'] = process.argv.slice(2)
const [family, protocol, type] = address.includes(':') ? ['ipv6', 'IPPROTO_ICMPV6', 128] : ['ipv4', 'IPPROTO_ICMP', 8]
const ancillary = { hopLimit: true, timestamp: true }
const socket = (await openSocket({ family, type: 'dgram', protocol, connect: { address } })).toMessageSocket({
  ancillary,
})

for (let seq = 1; seq <= count; seq++) {
  // Type, code, checksum, identifier, which the kernel fills in, and the number.
  const request = Buffer.from([type, 0, 0, 0, 0, 0, 0, seq, ...Buffer.from('sockctl')])
  const sent = process.hrtime.bigint()
  await socket.send(request)
  const [answer] = await socket.receive({ signal: AbortSignal.timeout(2000) }).catch(() => [])
  const milliseconds = Number(process.hrtime.bigint() - sent) / 1e6
  if (answer === undefined) console.log(`${seq}: no answer`)
  else
    console.log(
      `${seq}: ${answer.source.address} answered, hop limit ${answer.hopLimit}, ${milliseconds.toFixed(3)} ms`,
    )
}
await socket.close()
