import { internetChecksum } from '../../lib/protocols/bytes.ts'
import type { HostName, TwoHosts } from './hosts.ts'

/** Sends IGMP and MLD messages as a router does: TTL 1, router alert. */
const code = `
import { createRequire } from 'node:module'
import { openSocket } from 'sockctl'
import { targetHere } from './lib/binding/target.mjs'
import { IP_MULTICAST_IF, IP_MULTICAST_TTL, IP_OPTIONS, IPV6_HOPOPTS, IPV6_MULTICAST_HOPS, IPV6_MULTICAST_IF } from 'sockctl/options'
import { serve } from './test/support/stdio.mjs'

const binary = './prebuilds/' + targetHere() + '/sockctl.node'
const { sendDatagrams, encodeSockaddr } = createRequire(import.meta.url)(binary)

serve({
  send: async ({ family, index, hex, to }) => {
    const options = family === 4
      ? [[IP_MULTICAST_IF, index], [IP_MULTICAST_TTL, 1], [IP_OPTIONS, Buffer.from('94040000', 'hex')]]
      : [[IPV6_MULTICAST_IF, index], [IPV6_MULTICAST_HOPS, 1], [IPV6_HOPOPTS, Buffer.from('0000050200000100', 'hex')]]
    const socket = await openSocket({
      family: family === 4 ? 'ipv4' : 'ipv6', type: 'raw',
      protocol: family === 4 ? 'IPPROTO_IGMP' : 'IPPROTO_ICMPV6', options,
    })
    sendDatagrams(socket.fd, [Buffer.from(hex, 'hex')], 0, 1, 1, encodeSockaddr(to, 0), undefined)
    await socket.close()
  },
})
`

export interface Router {
  /** Sends an IGMP message, with the right checksum filled in. */
  igmp(message: Uint8Array, to?: string): Promise<void>
  /** Sends an MLD message; the kernel fills in the checksum. */
  mld(message: Uint8Array, to?: string): Promise<void>
}

/** A host that speaks IGMP and MLD of its own on an interface. */
export function startRouter(hosts: TwoHosts, host: HostName, index: number): Router {
  const peer = hosts.spawn(host, { code })
  const send = (family: 4 | 6, message: Uint8Array, to: string) =>
    peer.request<void>('send', { family, index, to, hex: Buffer.from(message).toString('hex') })
  return {
    igmp: (message, to = '224.0.0.1') => {
      const bytes = Buffer.from(message)
      bytes.writeUInt16BE(0, 2)
      bytes.writeUInt16BE(internetChecksum(bytes), 2)
      return send(4, bytes, to)
    },
    mld: (message, to = 'ff02::1') => send(6, message, to),
  }
}

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex')

/** General queries, as a router sends them. */
export const QUERIES = {
  igmpv1: bytes('11 00 0000 00000000'),
  igmpv2: bytes('11 64 0000 00000000'),
  igmpv3: bytes('11 64 0000 00000000 02 7d 0000'),
  mldv1: bytes('82 00 0000 2710 0000 00000000000000000000000000000000'),
  mldv2: bytes('82 00 0000 2710 0000 00000000000000000000000000000000 02 7d 0000'),
}
