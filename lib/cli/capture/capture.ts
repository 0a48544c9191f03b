// Captures the IP packets of an interface, as they are on the wire.

import {
  type AncillaryChoice,
  type codecs,
  type Datagram,
  type Interface,
  type OwnedSocket,
  openSocket,
} from '../../index.ts'
import { withoutZone } from '../../net/address.ts'
import { PACKET_ADD_MEMBERSHIP, SO_ATTACH_FILTER, SO_RCVBUF } from '../../options/index.ts'
import { batchesUntil } from '../shell/batches-until.ts'

/** The IP packets an interface receives and sends, without their link-layer header. */
export interface Capture extends AsyncDisposable {
  packets(stop: AbortSignal): AsyncGenerator<Datagram<'packet'>[], void>
  /** How many packets the kernel dropped because the receive buffer was full. */
  dropped(): number
}

/** In bytes. */
const RECEIVE_BUFFER = 1 << 22

/**
 * Opens a packet socket for an interface, or for all of them; packets that arrive from then on wait to be read. Needs
 * CAP_NET_RAW. packet(7)
 *
 * `everyGroup` has the network card, or the bridge, also take in groups that nobody on this host has joined, such as
 * those of routers; of one interface. Not for a search for what keeps a group from arriving: it may make the group arrive.
 */
export async function openCapture(
  on: Interface | undefined,
  filter: readonly codecs.BpfInstruction[],
  { everyGroup = false } = {},
): Promise<Capture> {
  const opened = await openSocket({
    family: 'packet',
    type: 'dgram',
    protocol: 'ETH_P_ALL',
    options: [
      [SO_ATTACH_FILTER, filter],
      [SO_RCVBUF, RECEIVE_BUFFER],
    ],
    bind: on === undefined ? {} : { interface: on.index },
  })
  try {
    if (everyGroup && on !== undefined)
      await opened.control.set(PACKET_ADD_MEMBERSHIP, { interface: on.index, type: 'allmulti' })
  } catch (error) {
    await opened.close()
    throw error
  }
  return captureOf(opened, { timestamp: true, vlan: true })
}

/**
 * Opens a packet socket for the frames of every interface, with their link-layer headers: as they arrive, before this
 * host's own filters and firewall, and as they leave. Frames that offloading put together come as one.
 */
export async function openFrameCapture(filter: readonly codecs.BpfInstruction[]): Promise<Capture> {
  const opened = await openSocket({
    family: 'packet',
    type: 'raw',
    protocol: 'ETH_P_ALL',
    options: [
      [SO_ATTACH_FILTER, filter],
      [SO_RCVBUF, RECEIVE_BUFFER],
    ],
    bind: {},
  })
  return captureOf(opened, { vlan: true, gso: true })
}

/** The capture of a packet socket, which is closed if that fails. */
async function captureOf(opened: OwnedSocket<'packet'>, ancillary: AncillaryChoice): Promise<Capture> {
  try {
    const socket = opened.toMessageSocket({ ancillary })
    return {
      packets: (stop) => batchesUntil(socket, stop, 'ENETDOWN'),
      dropped: () => socket.stats().received.dropped,
      [Symbol.asyncDispose]: () => socket.close(),
    }
  } catch (error) {
    await opened.close()
    throw error
  }
}

/** True if an address is one of the interface's, so that a packet from it was sent by this host. */
export const isOwn = ({ addresses }: Interface, address: string): boolean =>
  addresses.some((own) => withoutZone(own.address) === address)
