// The program each sender of `sockctl demo` runs in a process of its own: sends from one address when it is told to.

import { createSocket } from 'node:dgram'
import { control } from '../../../index.ts'
import { LOOPBACK } from './steps.ts'

/** What the demo tells a sender: send so many datagrams to the group, then a marker to the receiver's own address. */
export interface SendOrder {
  group: string
  port: number
  count: number
  step: number
}

const ownAddress = process.argv[2] ?? LOOPBACK
const socket = createSocket('udp4')

socket.bind(0, ownAddress, async () => {
  await control(socket).setMulticastInterface(LOOPBACK)
  process.send?.('ready')
})

const send = (text: string, port: number, to: string): Promise<void> =>
  new Promise((resolve, reject) => socket.send(text, port, to, (error) => (error ? reject(error) : resolve())))

process.on('message', async ({ group, port, count, step }: SendOrder) => {
  for (let sequence = 1; sequence <= count; sequence++) await send(`${step} ${sequence}`, port, group)
  await send(`${step} end`, port, LOOPBACK)
})

process.on('disconnect', () => process.exit())
