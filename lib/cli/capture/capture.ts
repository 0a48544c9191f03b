import { type codecs, type Datagram, type Interface, openSocket } from '../../index.ts'
import { withoutZone } from '../../net/address.ts'
import {
  PACKET_ADD_MEMBERSHIP,
  PACKET_STATISTICS,
  SO_ATTACH_FILTER,
  SO_RCVBUF,
  SO_TIMESTAMPNS,
} from '../../options/index.ts'
import { readBatches } from './read-batches.ts'

/** What a packet socket gives of an interface: IP packets without their link's header, those sent too. */
export interface Capture extends AsyncDisposable {
  packets(stop: AbortSignal): AsyncGenerator<Datagram[], void>
  /** How many the kernel had no room for. */
  dropped(): number
}

const RECEIVE_BUFFER = 1 << 22

/**
 * Opens a packet socket; what arrives from here on waits for who reads it. Needs CAP_NET_RAW. packet(7)
 *
 * `everyGroup`: have the card, or the bridge, take in groups that nobody here has joined as well, those of routers among
 * them; whoever looks for what keeps a group from arriving must not, as that may heal it.
 */
export async function openCapture(
  on: Interface,
  filter: readonly codecs.BpfInstruction[],
  { everyGroup = false } = {},
): Promise<Capture> {
  const socket = await openSocket({
    family: 'packet',
    type: 'dgram',
    protocol: 'ETH_P_ALL',
    options: [
      [SO_ATTACH_FILTER, filter],
      [SO_RCVBUF, RECEIVE_BUFFER],
      [SO_TIMESTAMPNS, true],
    ],
    bind: { interface: on.index },
  })
  try {
    if (everyGroup) await socket.control.set(PACKET_ADD_MEMBERSHIP, { interface: on.index, type: 'allmulti' })
  } catch (error) {
    await socket.close()
    throw error
  }
  let dropped = 0
  return {
    packets: (stop) => readBatches(socket, stop, ['ENETDOWN']),
    dropped: () => {
      dropped += socket.control.getSync(PACKET_STATISTICS).drops
      return dropped
    },
    [Symbol.asyncDispose]: () => socket.close(),
  }
}

/** Whether an address is one of an interface's: then this host has sent the packet. */
export const isOwn = ({ addresses }: Interface, address: string): boolean =>
  addresses.some((own) => withoutZone(own.address) === address)
