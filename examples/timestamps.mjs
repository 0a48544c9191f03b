// How long datagrams wait between the kernel and this program: node timestamps.mjs 5000
import { openReceiver } from 'sockctl'

const [port = '5000'] = process.argv.slice(2)
const receiver = await openReceiver({ port: Number(port), ancillary: { timestamp: true } })
process.once('SIGINT', () => receiver.close())
console.log(`receiving on port ${receiver.address.port}`)

for await (const batch of receiver) {
  const now = BigInt(Date.now()) * 1_000_000n
  for (const { source, timestamp = now } of batch) {
    const waited = Number(now - timestamp) / 1e6
    console.log(`${source.address}: received ${timestamp} ns, read ${waited.toFixed(1)} ms later`)
  }
}
