// Print announced sessions (SAP, RFC 2974), those not compressed: node sap.mjs interface
import { openReceiver } from 'sockctl'

const [on = 'lo'] = process.argv.slice(2)
const receiver = await openReceiver({ port: 9875, channels: [{ group: '224.2.127.254', interface: on }] })
process.once('SIGINT', () => receiver.close())
console.log('listening for announcements')

for await (const batch of receiver)
  for (const { data, source } of batch) {
    // One byte of flags, the authentication's length in words, a hash, and the announcer's address.
    const [flags = 0, authentication = 0] = data
    const from = 4 + (flags & 0x10 ? 16 : 4) + authentication * 4
    const text = data.toString('utf8', from).replace(/^application\/sdp\0/, '')
    const name = /^s=(.*)$/m.exec(text)?.[1] ?? 'a session'
    console.log(`${source.address} ${flags & 0x04 ? 'withdraws' : 'announces'} ${name.trim()}`)
  }
