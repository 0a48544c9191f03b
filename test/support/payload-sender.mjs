// Sends payloads without a header: the request `send { to, payloads }` has each in hexadecimal. Argument: the
// interface.
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
