import type { TwoHosts } from './hosts.ts'
import type { Peer } from './processes.ts'

export interface Stream {
  /** The source address; also names the interface, unless `on` does. */
  bind: string
  group: string
  port: number
  /** The size of a datagram in bytes. Default 100. */
  size?: number
  on?: string
}

const code = `
import dgram from 'node:dgram'
const { bind, group, port, size, on } = JSON.parse(process.argv.at(-1))
const socket = dgram.createSocket(group.includes(':') ? 'udp6' : 'udp4')
socket.bind(0, bind, () => {
  socket.setMulticastInterface(on ?? bind)
  socket.setMulticastTTL(3)
  let left = 1000
  const data = Buffer.alloc(size ?? 100)
  const timer = setInterval(() => left-- > 0 ? socket.send(data, port, group) : clearInterval(timer), 20)
  console.log('{}')
})
`

/** Host B sends to a group, fifty datagrams a second with TTL 3, until closed or for twenty seconds. */
export async function startStream(hosts: TwoHosts, stream: Stream): Promise<Peer> {
  const peer = hosts.spawn('B', { code }, [JSON.stringify(stream)])
  await peer.next()
  return peer
}
