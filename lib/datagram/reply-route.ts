// Where an answer to a datagram goes, and from where.
import { badValue, show, wrongType } from '../base/errors.ts'
import { isMulticast } from '../net/address.ts'
import type { Endpoint } from '../net/socket-address.ts'
import type { BatchReader } from './batch-reader.ts'
import type { Datagram } from './datagram.ts'
import type { SendChoice } from './message.ts'

/**
 * To the source, by the interface that the datagram came in on, from the address that it was sent to. A group or a
 * broadcast address can be no source: then the kernel chooses one of that interface. What the caller chooses goes before.
 */
export function replyRoute(
  to: Datagram,
  choice: SendChoice | undefined,
): { readonly to: Endpoint; readonly choice: SendChoice } {
  if (typeof to !== 'object' || to === null)
    throw wrongType(`reply takes a datagram that was received, not ${show(to)}`)
  if (choice !== undefined && (typeof choice !== 'object' || choice === null))
    throw wrongType(`the third argument is ${show(choice)}: { hopLimit?, trafficClass?, ... } is needed`)
  const { source, destination, interfaceIndex, broadcast } = to
  if (typeof source !== 'object' || source === null)
    throw badValue(`reply: the datagram has no source, so there is nobody to answer`)
  const { address, port } = source
  if (port === 0)
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
