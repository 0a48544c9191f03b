// The offset of servers that broadcast the time (RFC 5905, mode 5); sets no clock: node sntp.mjs interface [port]
import { openReceiver } from 'sockctl'

const [on = 'lo', port = '123'] = process.argv.slice(2)
const receiver = await openReceiver({
  port: Number(port),
  channels: [{ group: '224.0.1.1', interface: on }],
  ancillary: { timestamp: true },
})
process.once('SIGINT', () => receiver.close())
console.log('listening for servers')

const ERA = 1n << 32n
const SINCE_1900 = 2_208_988_800n

for await (const batch of receiver)
  for (const { data, source, timestamp } of batch) {
    if (data.length < 48 || (data[0] & 7) !== 5) continue
    const sent = data.readBigUInt64BE(40)
    const here = timestamp / 1_000_000_000n + SINCE_1900
    // Seconds wrap in 2036: take the era that is nearest.
    const era = (here - (sent >> 32n) + ERA / 2n) / ERA
    const there =
      ((sent >> 32n) + era * ERA - SINCE_1900) * 1_000_000_000n + (((sent & (ERA - 1n)) * 1_000_000_000n) >> 32n)
    console.log(`${source.address} stratum ${data[1]}: offset ${(Number(there - timestamp) / 1e6).toFixed(3)} ms`)
  }
