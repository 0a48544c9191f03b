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

/** Opens a receiver that is closed at the end of the test. */
export async function opened(options: ReceiverOptions): Promise<Receiver> {
  const receiver = await openReceiver(options)
  onTestFinished(() => receiver.close())
  return receiver
}

/** Opens a sender that is closed at the end of the test. */
export async function sending(options: SenderOptions): Promise<Sender> {
  const sender = await openSender(options)
  onTestFinished(() => sender.close())
  return sender
}

export interface Receiving {
  readonly receiver: Receiver
  readonly inbox: Inbox
  readonly port: number
  /** The datagrams since the last look, markers included. */
  taken(): Datagram[]
}

/** A receiver with an inbox that reads it from the start, for datagrams of the harness's senders. */
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

/** Reads a receiver step by step, whatever the datagrams contain. */
export interface Reading {
  /** The next `count` datagrams. */
  take(count: number): Promise<Datagram[]>
  /** The datagrams before one whose payload is this text. */
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
