// Raw sockets, which see the packets that passed the kernel's IP layer and the firewall, before UDP or IGMP take them.

import { type Datagram, type MessageSocket, openSocket } from '../../../index.ts'
import { type IpFamily, withoutZone } from '../../../net/address.ts'
import { SO_ATTACH_FILTER, SO_RCVBUF } from '../../../options/index.ts'
import { assembleFilter, type FilterStep } from '../../capture/bpf.ts'
import { batchesUntil } from '../../shell/batches-until.ts'

/** What a raw socket sees of a packet. */
export interface PassedPacket {
  readonly source: string
  readonly destination: string | undefined
  readonly interfaceIndex: number
  /** What follows the IP header. */
  readonly payload: Buffer
}

export interface PassedPackets extends AsyncDisposable {
  packets(stop: AbortSignal): AsyncGenerator<PassedPacket[], void>
}

/** In bytes. */
const RECEIVE_BUFFER = 1 << 22
/** In bytes: the headers are enough. */
const MAX_PACKET = 128

async function open(
  family: IpFamily,
  protocol: 'IPPROTO_UDP' | 'IPPROTO_IGMP' | 'IPPROTO_ICMPV6',
  filter: FilterStep[],
): Promise<PassedPackets> {
  const opened = await openSocket({
    family,
    type: 'raw',
    protocol,
    options: [
      [SO_ATTACH_FILTER, assembleFilter(filter)],
      [SO_RCVBUF, RECEIVE_BUFFER],
    ],
    bind: {},
  })
  let socket: MessageSocket<IpFamily>
  try {
    socket = opened.toMessageSocket({ maxDatagram: MAX_PACKET })
  } catch (error) {
    await opened.close()
    throw error
  }
  const passed = ({ data, source, destination, interfaceIndex = 0 }: Datagram): PassedPacket => ({
    source: withoutZone(source.address),
    destination: destination === undefined ? undefined : withoutZone(destination),
    interfaceIndex,
    // IPv4 gives the IP header, IPv6 does not. raw(7), ipv6(7)
    payload: family === 'ipv4' ? data.subarray(((data[0] ?? 0) & 15) * 4) : data,
  })
  return {
    async *packets(stop) {
      for await (const batch of batchesUntil(socket, stop)) yield batch.map(passed)
    },
    [Symbol.asyncDispose]: () => socket.close(),
  }
}

/** The UDP datagrams to a port, or with no port to any. Needs CAP_NET_RAW. */
export function openPassedDatagrams(family: IpFamily, port: number | undefined): Promise<PassedPackets> {
  const toPort: FilterStep[] =
    port === undefined
      ? []
      : [
          ...(family === 'ipv4' ? [{ headerLength: 0 }] : []),
          { load: 'half', at: 2, ...(family === 'ipv4' && { from: 'index' }) } as FilterStep,
          { equals: port, no: 'leave' },
        ]
  return open(family, 'IPPROTO_UDP', [...toPort, { accept: true }, { label: 'leave' }, { accept: false }])
}

const IGMP_QUERY = 0x11
const MLD_QUERY = 130

/** The queries of IGMP or MLD. Needs CAP_NET_RAW. */
export const openPassedQueries = (family: IpFamily): Promise<PassedPackets> =>
  open(family, family === 'ipv4' ? 'IPPROTO_IGMP' : 'IPPROTO_ICMPV6', [
    ...(family === 'ipv4' ? [{ headerLength: 0 }] : []),
    { load: 'byte', at: 0, ...(family === 'ipv4' && { from: 'index' }) } as FilterStep,
    { equals: family === 'ipv4' ? IGMP_QUERY : MLD_QUERY, no: 'leave' },
    { accept: true },
    { label: 'leave' },
    { accept: false },
  ])
