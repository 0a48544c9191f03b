import { parseAddress } from '../../lib/net/address.ts'
import { internetChecksum } from '../../lib/protocols/bytes.ts'
import type { HostName, TwoHosts } from './hosts.ts'

/** Sends ICMP and ICMPv6 messages from a raw socket. */
const code = `
import { createRequire } from 'node:module'
import { openSocket } from 'sockctl'
import { targetHere } from './lib/binding/target.mjs'
import { serve } from './test/support/stdio.mjs'

const binary = './prebuilds/' + targetHere() + '/sockctl.node'
const { sendDatagrams, encodeSockaddr } = createRequire(import.meta.url)(binary)

serve({
  send: async ({ family, hex, from, to }) => {
    const socket = await openSocket({
      family: family === 4 ? 'ipv4' : 'ipv6', type: 'raw',
      protocol: family === 4 ? 'IPPROTO_ICMP' : 'IPPROTO_ICMPV6', bind: { address: from, port: 0 },
    })
    sendDatagrams(socket.fd, [Buffer.from(hex, 'hex')], 0, 1, 1, encodeSockaddr(to, 0), undefined)
    await socket.close()
  },
})
`

interface Endpoint {
  address: string
  port: number
}

/** A router that reports "time exceeded" for datagrams, whether they were sent or not. */
export interface IcmpRouter {
  /**
   * `quoted` is the datagram as the message carries it; `extension` comes after its first 128 bytes, headers included.
   */
  timeExceeded(message: { family: 4 | 6; from: string; quoted: Quoted; extension?: Uint8Array }): Promise<void>
}

interface Quoted {
  source: Endpoint
  destination: Endpoint
  payload: Uint8Array
}

/** RFC 4884: the least length of the original datagram if an extension follows. */
const ORIGINAL = 128

const bytesOf = (address: string): Uint8Array => parseAddress(address)?.bytes ?? new Uint8Array()

/** The IP and UDP headers and the payload, with zeros up to a multiple that the length field can say. */
function originalDatagram(family: 4 | 6, { source, destination, payload }: Quoted): Buffer {
  const udp = Buffer.alloc(8)
  udp.writeUInt16BE(source.port, 0)
  udp.writeUInt16BE(destination.port, 2)
  udp.writeUInt16BE(udp.length + payload.length, 4)
  const addresses = Buffer.concat([bytesOf(source.address), bytesOf(destination.address)])
  const ip = Buffer.alloc(family === 4 ? 12 : 8)
  if (family === 4) {
    ip.writeUInt8(0x45, 0)
    ip.writeUInt16BE(20 + udp.length + payload.length, 2)
    ip.writeUInt8(1, 8)
    ip.writeUInt8(17, 9)
    ip.writeUInt16BE(internetChecksum(ip, addresses), 10)
  } else {
    ip.writeUInt8(0x60, 0)
    ip.writeUInt16BE(udp.length + payload.length, 4)
    ip.writeUInt8(17, 6)
    ip.writeUInt8(1, 7)
  }
  const datagram = Buffer.concat([ip, addresses, udp, payload])
  return Buffer.concat([datagram, Buffer.alloc(Math.max(0, ORIGINAL - datagram.length))])
}

export function startIcmpRouter(hosts: TwoHosts, host: HostName): IcmpRouter {
  const peer = hosts.spawn(host, { code })
  return {
    timeExceeded: ({ family, from, quoted, extension }) => {
      const header = Buffer.alloc(8)
      header.writeUInt8(family === 4 ? 11 : 3, 0)
      if (extension !== undefined) header.writeUInt8(family === 4 ? ORIGINAL / 4 : ORIGINAL / 8, family === 4 ? 5 : 4)
      const message = Buffer.concat([header, originalDatagram(family, quoted), extension ?? Buffer.alloc(0)])
      // The kernel fills in the checksum of an ICMPv6 message.
      if (family === 4) message.writeUInt16BE(internetChecksum(message), 2)
      return peer.request<void>('send', { family, from, to: quoted.source.address, hex: message.toString('hex') })
    },
  }
}
