// A peer chooses how long the extension headers of its datagrams are: what does not fit is told, and soon fits.
import { control } from 'sockctl'
import { IPV6_DSTOPTS, IPV6_RECVDSTOPTS, IPV6_RECVHOPOPTS } from 'sockctl/options'
import { expect, it } from 'vitest'
import { describeUnless, hasRealRoot, namespaceMissing } from './support/namespace.ts'
import { opened, readingOf, sending } from './support/receiving.ts'

/** Destination options of so many bytes in all, each an option that receivers skip. RFC 8200 4.6 */
function destinationOptions(length: number): Buffer {
  const header = Buffer.alloc(length)
  header[1] = length / 8 - 1
  for (let at = 2; at < length; ) {
    const room = Math.min(255, length - at - 2)
    header[at] = 0x1e
    header[at + 1] = room
    at += 2 + room
  }
  return header
}

describeUnless(namespaceMissing ?? (hasRealRoot ? undefined : 'not real root'), 'long extension headers', () => {
  it('that were asked for are given whole, beside all else', async () => {
    const receiver = await opened({
      address: '::1',
      options: [[IPV6_RECVDSTOPTS, true]],
      ancillary: { hopLimit: true, timestamp: true },
    })
    const sender = await sending({ to: { address: '::1', port: receiver.address.port } })
    const reading = readingOf(receiver)
    for (const length of [800, 2040]) {
      sender.control.setSync(IPV6_DSTOPTS, destinationOptions(length))
      await sender.send(Buffer.from('x'))
      const [datagram] = await reading.take(1)
      expect(datagram?.ancillary?.map(({ data }) => data.length)).toEqual([length])
      expect(datagram).toMatchObject({ hopLimit: 64, timestamp: expect.any(BigInt) })
      expect(datagram).toHaveProperty('ancillaryTruncated', false)
    }
  })

  it('that find no room are told of once, since the reader then makes room', async () => {
    const receiver = await opened({ address: '::1', ancillary: { hopLimit: true } })
    receiver.control.setSync(IPV6_RECVDSTOPTS, true)
    receiver.control.setSync(IPV6_RECVHOPOPTS, true)
    const sender = await sending({ to: { address: '::1', port: receiver.address.port } })
    control(sender.control.fd).setSync(IPV6_DSTOPTS, destinationOptions(800))
    const reading = readingOf(receiver)
    await sender.send(Buffer.from('first'))
    const [first] = await reading.take(1)
    expect(first).toMatchObject({ ancillaryTruncated: true, truncated: false })
    await sender.send(Buffer.from('second'))
    const [second] = await reading.take(1)
    expect(second).toHaveProperty('ancillaryTruncated', false)
    expect(second?.ancillary?.map(({ data }) => data.length)).toEqual([800])
  })
})
