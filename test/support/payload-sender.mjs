// Sends payloads as they are: `send { to, payloads }`, each in hexadecimal, through the interface given.
import { openSender } from 'sockctl'
import { serve } from './stdio.mjs'

const [through, address] = process.argv.slice(2)
const sender = await openSender({
  bind: { address },
  family: address.includes(':') ? 'ipv6' : 'ipv4',
  interface: through,
  segmentation: false,
})

await serve({
  send: ({ to, payloads }) =>
    sender.send(
      payloads.map((hex) => Buffer.from(hex, 'hex')),
      to,
    ),
})
