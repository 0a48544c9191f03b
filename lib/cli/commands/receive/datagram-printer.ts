// How `sockctl receive --hex` prints datagrams.

import type { Datagram } from '../../../index.ts'
import { hostPort } from '../../../net/address.ts'
import { hexdump } from '../../shell/hexdump.ts'
import type { Output } from '../../shell/output.ts'
import { clockTime } from '../../shell/units.ts'
import { interfaceNameIn, type OpenedReceiver } from './opened-receiver.ts'

/** Prints each datagram: a heading and a hexdump, or an object. */
export type DatagramPrinter = (batch: readonly Datagram[], from: OpenedReceiver) => void

export function datagramPrinter(out: Output): DatagramPrinter {
  return (batch, { joined, port }) => {
    for (const { data, source, destination = '', interfaceIndex = 0, hopLimit, timestamp, truncated } of batch) {
      const on = interfaceNameIn(joined, interfaceIndex)
      if (out.json) {
        out.object({
          event: 'datagram',
          timestamp,
          source,
          group: destination,
          port,
          interface: on,
          hopLimit,
          truncated,
          data,
        })
        continue
      }
      const time = timestamp === undefined ? '' : `${clockTime(timestamp)}  `
      const way = `${hostPort(source.address, source.port)} > ${hostPort(destination, port)}`
      out.line(`${time}${way}  ${on}  hop limit ${hopLimit ?? '?'}  ${data.length} bytes`)
      for (const line of hexdump(data)) out.line(`  ${line}`)
    }
  }
}
