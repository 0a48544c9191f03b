// Checks what a call of `send` is given, and converts it for the native side.
import { isBytes, mustKnow } from '../base/check-fields.ts'
import { badValue, SocketOptionError, show, wrongType } from '../base/errors.ts'
import type { NativeDatagrams, NativeSendChoice, OneOrEach } from '../binding/native.ts'
import type { Endpoint } from '../net/socket-address.ts'
import type { EncodeDestination, EncodedDestination } from './destination.ts'
import { CHOICES, type ChoiceContext, checkChoice, type Message, type SendChoice } from './message.ts'

/** Datagrams as the native side takes them, and how many of them are sent. */
export interface PreparedSend {
  datagrams: readonly Uint8Array[]
  readonly to: OneOrEach
  /** The choice, if all datagrams have the same one. They may then be segmented. */
  choice: NativeSendChoice | undefined
  /** Whether the datagrams go over IPv6, if all have the same destination. */
  readonly ipv6: boolean
  /** The choice of each datagram, and its control messages, if the choices differ. */
  readonly choices?: readonly (NativeSendChoice | undefined)[]
  readonly controls?: readonly (Uint8Array | undefined)[]
  /** The number of datagrams that the kernel has taken. */
  done: number
}

export interface PreparePlan {
  /** Whether datagrams without a destination of their own go over IPv6. */
  readonly ipv6: boolean
  /** Checks and converts a destination of the socket's family. */
  readonly encode: EncodeDestination
  /** The destination of datagrams that name none. */
  readonly to?: Endpoint | undefined
  /**
   * The peer that the socket is connected to, which is the destination of datagrams that name none. Without this function
   * the kernel alone knows whether there is one.
   */
  readonly peer?: () => Endpoint | undefined
  /** The end of the error for a datagram without a destination: what to do. */
  readonly howToName?: string
  /** The bytes that go before each payload: an empty header, if the socket's messages have one. */
  readonly header?: Uint8Array | undefined
  /** What choices are checked for, beside the destination's family. */
  readonly context: Omit<ChoiceContext, 'ipv6'>
}

/** Checks all arguments of `send`, and converts them. Throws before anything is sent. */
export type Prepare = (
  data: Uint8Array | readonly (Uint8Array | Message)[],
  to: unknown,
  choice: SendChoice | undefined,
) => PreparedSend

const NO_CHOICE: SendChoice = {}
const FIELDS = ['data', 'to', ...CHOICES]

export function createPrepare(send: NativeDatagrams, plan: PreparePlan): Prepare {
  const { encode, context } = plan
  let connected: { readonly peer: unknown; readonly end: EncodedDestination } | undefined
  const toTheKernelsPeer: EncodedDestination = { bytes: undefined, ipv6: plan.ipv6 }

  /** The sockaddr that a datagram is sent to: `undefined` on a connected socket, unless the call gives one. */
  const destination = (to: EncodedDestination | undefined): EncodedDestination => {
    if (to !== undefined) return to
    const peer = plan.peer?.()
    if (peer !== undefined) {
      if (connected?.peer !== peer) connected = { peer, end: { bytes: undefined, ipv6: encode(peer, 'to').ipv6 } }
      return connected.end
    }
    if (plan.to !== undefined) return encode(plan.to, 'to')
    if (plan.peer === undefined) return toTheKernelsPeer
    throw new SocketOptionError(`these datagrams have no destination: ${plan.howToName}`, {
      code: 'ERR_NO_DESTINATION',
      reason: 'bad-value',
    })
  }

  /** The choice for a destination. The kernel ignores most zones, so a zone becomes the interface to leave by. */
  const choose = (choice: SendChoice, { ipv6, zone }: EncodedDestination): NativeSendChoice | undefined => {
    const checked = choice === NO_CHOICE ? undefined : checkChoice(choice, { ...context, ipv6 })
    if (zone === undefined) return checked
    if (checked?.interface !== undefined && checked.interface !== zone)
      throw badValue(
        `interface is ${show(choice.interface)}, and the zone of the destination is another: name one of the two`,
      )
    return { ...checked, interface: zone }
  }

  const prepareAlike = (
    datagrams: readonly Uint8Array[],
    to: EncodedDestination | undefined,
    choice: SendChoice,
  ): PreparedSend => {
    const end = destination(to)
    return { datagrams, to: end.bytes, choice: choose(choice, end), ipv6: end.ipv6, done: 0 }
  }

  const prepareEach = (
    messages: readonly Message[],
    to: EncodedDestination | undefined,
    choice: SendChoice,
  ): PreparedSend => {
    const ends: (Uint8Array | undefined)[] = []
    const choices: (NativeSendChoice | undefined)[] = []
    const controls: (Uint8Array | undefined)[] = []
    for (const [index, message] of messages.entries()) {
      const end = destination(message.to === undefined ? to : encode(message.to, `data[${index}].to`))
      const nativeChoice = choose({ ...choice, ...message }, end)
      ends.push(end.bytes)
      choices.push(nativeChoice)
      controls.push(nativeChoice && send.encodeSendControl(end.ipv6, nativeChoice, 0))
    }
    return {
      datagrams: messages.map(({ data }) => data),
      to: ends,
      choice: undefined,
      ipv6: plan.ipv6,
      choices,
      controls,
      done: 0,
    }
  }

  const { header } = plan
  const withHeader = (prepared: PreparedSend): PreparedSend => {
    if (header !== undefined) prepared.datagrams = prepared.datagrams.map((data) => Buffer.concat([header, data]))
    return prepared
  }

  return (data, given, choice = NO_CHOICE) => {
    const to = given === undefined ? undefined : encode(given, 'to')
    if (typeof choice !== 'object' || choice === null)
      throw wrongType(`the third argument is ${show(choice)}: { hopLimit?, trafficClass?, ... } is needed`)
    if (choice !== NO_CHOICE) mustKnow(CHOICES, choice, 'the third argument')
    if (isBytes(data)) return withHeader(withBytes(prepareAlike([data], to, choice)))
    if (!Array.isArray(data)) throw badValue(`data is ${show(data)}: a Uint8Array, or an array of them, is needed`)
    const items = copied(data)
    if (items.length === 0) return { datagrams: [], to: undefined, choice: undefined, ipv6: plan.ipv6, done: 0 }
    if (items.every(isBytes)) return withHeader(withBytes(prepareAlike(items, to, choice)))
    return withHeader(withBytes(prepareEach(items.map(readMessage), to, choice)))
  }
}

/** A list of our own: an array may have getters, or be a Proxy, and then reading it runs code of the caller's. */
function copied<T>(list: readonly T[]): T[] {
  const copy: T[] = []
  for (let index = 0; index < list.length; index++) copy.push(list[index] as T)
  return copy
}

/** A message as a value that no code of the caller's changes any more. */
function readMessage(item: Uint8Array | Message, index: number): Message {
  if (isBytes(item)) return { data: item }
  if (typeof item !== 'object' || item === null) throw wrongItem(item, index)
  mustKnow(FIELDS, item, `data[${index}]`)
  const message = { ...item }
  if (!isBytes(message.data)) throw wrongItem(item, index)
  return message
}

const wrongItem = (item: unknown, index: number): SocketOptionError =>
  badValue(`data[${index}] is ${show(item)}: a Uint8Array or { data, ... } is needed`)

/** Refuses bytes whose buffer was transferred: they would go out as an empty datagram. */
function withBytes(prepared: PreparedSend): PreparedSend {
  const { datagrams } = prepared
  for (let index = 0; index < datagrams.length; index++) {
    const bytes = datagrams[index] as Uint8Array
    if (bytes.length === 0) mustBeAttached(bytes, index)
  }
  return prepared
}

function mustBeAttached(bytes: Uint8Array, index: number): void {
  try {
    new Uint8Array(bytes.buffer)
  } catch {
    throw badValue(`data[${index}]: the buffer of these bytes was transferred: send them before`)
  }
}
