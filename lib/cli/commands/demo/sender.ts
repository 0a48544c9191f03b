import { createSocket } from 'node:dgram'
import { control } from '../../../control/control.ts'

/** What the demo tells a sender: so many datagrams to the group, then a marker to the receiver alone. */
export interface Order {
  group: string
  port: number
  count: number
  step: number
}

const LOOPBACK = '127.0.0.1'
const address = process.argv[2] ?? LOOPBACK
const socket = createSocket('udp4')

socket.bind(0, address, async () => {
  await control(socket).setMulticastInterface(LOOPBACK)
  process.send?.('ready')
})

const send = (text: string, port: number, to: string): Promise<void> =>
  new Promise((resolve, reject) => socket.send(text, port, to, (error) => (error ? reject(error) : resolve())))

process.on('message', async ({ group, port, count, step }: Order) => {
  for (let sequence = 1; sequence <= count; sequence++) await send(`${step} ${sequence}`, port, group)
  await send(`${step} end`, port, LOOPBACK)
})

process.on('disconnect', () => process.exit())
