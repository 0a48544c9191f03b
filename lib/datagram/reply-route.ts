// Where an answer to a datagram goes, and from where.
import { badValue, show, wrongType } from '../base/errors.ts'
import { isMulticast } from '../net/address.ts'
import type { Endpoint } from '../net/socket-address.ts'
import type { BatchReader } from './batch-reader.ts'
import type { Datagram } from './datagram.ts'
import type { SendChoice } from './message.ts'

/** Where an answer to a message goes, and what is chosen for it. */
export type ReplyRoute = (
  to: Datagram,
  choice: SendChoice | undefined,
) => { readonly to: unknown; readonly choice: SendChoice | undefined }

/** The source of a message that was received. */
function sourceOf(to: Datagram): unknown {
  if (typeof to !== 'object' || to === null)
    throw wrongType(`reply takes a datagram that was received, not ${show(to)}`)
  return to.source
}

/** To the source, for Unix, packet and vsock sockets. */
export const replyToSource: ReplyRoute = (to, choice) => {
  const source = sourceOf(to)
  if (source === undefined)
    throw badValue('reply: the sender has no name, so there is nobody to answer: the sender must bind its socket')
  return { to: source, choice }
}

/** To the sender alone, for netlink, whose sources tell the groups that the message was sent to. */
export const replyToPortId: ReplyRoute = (to, choice) => {
  const source = sourceOf(to)
  const { pid } = (typeof source === 'object' && source !== null ? source : {}) as { pid?: unknown }
  return { to: { pid }, choice }
}

/** To the peer, for a connection. */
export const replyToPeer: ReplyRoute = (to, choice) => {
  sourceOf(to)
  return { to: undefined, choice }
}

/** As `replyRoute`, for a socket without ports. */
export const replyWithoutPort: ReplyRoute = (to, choice) => replyRoute(to, choice, false)

/**
 * To the source, by the interface that the datagram came in on, from the address that it was sent to. A group or a
 * broadcast address can be no source: then the kernel chooses one of that interface. What the caller chooses goes before.
 */
export function replyRoute(
  to: Datagram,
  choice: SendChoice | undefined,
  hasPorts = true,
): { readonly to: Endpoint; readonly choice: SendChoice } {
  sourceOf(to)
  if (choice !== undefined && (typeof choice !== 'object' || choice === null))
    throw wrongType(`the third argument is ${show(choice)}: { hopLimit?, trafficClass?, ... } is needed`)
  const { source, destination, interfaceIndex, broadcast } = to
  if (typeof source !== 'object' || source === null)
    throw badValue(`reply: the datagram has no source, so there is nobody to answer`)
  const { address, port } = source
  if (hasPorts && port === 0)
    throw badValue(`reply: the datagram came from port 0 of ${show(address)}, where nobody can be answered`)
  const own: SendChoice = { ...choice }
  // The kernel names no interface for what it received before IP_PKTINFO was set.
  if (own.interface === undefined && interfaceIndex !== undefined && interfaceIndex !== 0)
    own.interface = interfaceIndex
  if (own.source === undefined && destination !== undefined && broadcast !== true && !isMulticast(destination))
    own.source = destination
  return { to: { address, port }, choice: own }
}

/** Refuses to answer a datagram whose fields may be another's by now. */
export function mustNotBeGivenBack(batchReader: BatchReader, datagram: Datagram): void {
  if (batchReader.isGivenBack(datagram))
    throw badValue(
      'reply: with reuseBuffers this datagram was given back when the next batch was asked for: answer before, or copy its source',
    )
}
