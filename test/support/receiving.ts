import {
  type Datagram,
  openReceiver,
  openSender,
  type Receiver,
  type ReceiverOptions,
  type Sender,
  type SenderOptions,
} from 'sockctl'
import { onTestFinished } from 'vitest'
import { type Inbox, inboxOfBatches } from './datagrams.ts'

/** A receiver of the library's, closed with the test. */
export async function opened(options: ReceiverOptions): Promise<Receiver> {
  const receiver = await openReceiver(options)
  onTestFinished(() => receiver.close())
  return receiver
}

/** A sender of the library's, closed with the test. */
export async function sending(options: SenderOptions): Promise<Sender> {
  const sender = await openSender(options)
  onTestFinished(() => sender.close())
  return sender
}

export interface Receiving {
  readonly receiver: Receiver
  readonly inbox: Inbox
  readonly port: number
  /** All that came since it was last looked at, markers too. */
  taken(): Datagram[]
}

/** A receiver that is read from the start, for what senders of the harness send. */
export async function receiving(options: ReceiverOptions): Promise<Receiving> {
  const receiver = await opened(options)
  const datagrams: Datagram[] = []
  async function* noting() {
    for await (const batch of receiver) {
      datagrams.push(...batch)
      yield batch
    }
  }
  return { receiver, inbox: inboxOfBatches(noting()), port: receiver.address.port, taken: () => datagrams.splice(0) }
}

/** Reads a receiver as far as a test wants, whatever is in the datagrams. */
export interface Reading {
  /** The next so many datagrams. */
  take(count: number): Promise<Datagram[]>
  /** What comes before a datagram that is this text. */
  until(text: string): Promise<Datagram[]>
}

export function readingOf(receiver: Receiver): Reading {
  const iterator = receiver[Symbol.asyncIterator]()
  const waiting: Datagram[] = []
  const next = async (): Promise<Datagram> => {
    while (waiting.length === 0) {
      const { done, value } = await iterator.next()
      if (done === true) throw new Error('the receiver has ended')
      waiting.push(...value)
    }
    return waiting.shift() as Datagram
  }
  return {
    take: async (count) => {
      const datagrams: Datagram[] = []
      while (datagrams.length < count) datagrams.push(await next())
      return datagrams
    },
    until: async (text) => {
      const datagrams: Datagram[] = []
      for (let one = await next(); one.data.toString() !== text; one = await next()) datagrams.push(one)
      return datagrams
    },
  }
}
