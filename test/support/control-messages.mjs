// Reads one datagram, or one entry of an error queue, with the control messages that a test gives in hexadecimal digits:
// for preload/control.c.
import { createRequire } from 'node:module'
import { openReceiver, openSender } from 'sockctl'
import { targetHere } from '../../lib/binding/target.mjs'
import { serve } from './stdio.mjs'

const addon = createRequire(import.meta.url)(`../../prebuilds/${targetHere()}/sockctl.node`)
const receiver = await openReceiver({ address: '127.0.0.1' })
const sender = await openSender({ to: { address: '127.0.0.1', port: receiver.address.port } })
const reading = receiver[Symbol.asyncIterator]()
const plain = (value) =>
  JSON.parse(
    JSON.stringify(value, (_, one) =>
      typeof one === 'bigint' ? `${one}n` : one?.type === 'Buffer' ? Buffer.from(one.data).toString('hex') : one,
    ),
  )

serve({
  async datagram({ control, payload }) {
    process.env.SOCKCTL_CONTROL = control
    await sender.send(Buffer.from(payload, 'hex'))
    const { value } = await reading.next()
    return plain(
      value.map(({ source: _source, truncated: _truncated, ancillaryTruncated, ...told }) =>
        ancillaryTruncated ? { ancillaryTruncated, ...told } : told,
      ),
    )
  },
  queued({ control }) {
    process.env.SOCKCTL_CONTROL = control
    return plain(addon.readErrorQueue(0))
  },
})
