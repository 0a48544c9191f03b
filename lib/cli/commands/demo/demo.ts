// `sockctl demo`: three processes send to one group on loopback, while a receiver joins, blocks, filters and leaves.

import { type ChildProcess, fork } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { control, type Membership } from '../../../index.ts'
import { IP_MULTICAST_ALL } from '../../../options/index.ts'
import { examples } from '../../shell/help.ts'
import type { Output } from '../../shell/output.ts'
import { runs } from '../../shell/run.ts'
import { areEqual, createDemoReport } from './report.ts'
import type { SendOrder } from './sender.ts'
import { DATAGRAMS_PER_STEP, GROUP, SOURCES, STEPS } from './steps.ts'

/** In milliseconds: longer than five datagrams take on any machine. */
const STEP_TIMEOUT = 5000

export function demoCommand(command: Command): void {
  runs(examples(command, 'sockctl demo'), 'one object a step', ({ out }) => demo(out))
}

/**
 * Prints, step by step, how many datagrams arrived of each source and how many were expected. True if every count is
 * right.
 */
async function demo(out: Output): Promise<boolean> {
  const senders: ChildProcess[] = []
  const socket = createSocket({ type: 'udp4', reuseAddr: true })
  try {
    socket.bind(0)
    await once(socket, 'listening')
    for (const source of SOURCES) senders.push(await startSender(source))
    const receiver = control(socket)
    receiver.setSync(IP_MULTICAST_ALL, false)
    const report = createDemoReport(out)
    report.start()
    let held: Membership[] = []
    let right = true
    for (const [step, { title, act, expected }] of STEPS.entries()) {
      held = await act(receiver, held)
      const arrived = await countArrived(socket, senders, step)
      right &&= areEqual(arrived, expected)
      report.step(step + 1, title, arrived, expected)
    }
    report.end(right)
    return right
  } finally {
    for (const sender of senders) if (sender.connected) sender.disconnect()
    socket.close()
  }
}

async function startSender(source: string): Promise<ChildProcess> {
  const sender = fork(fileURLToPath(new URL('./demo-sender.js', import.meta.url)), [source])
  const failed = once(sender, 'exit').then(([code]) => {
    throw new Error(`the sender on ${source} ended with status ${code}: is ${source} an address of this host?`)
  })
  await Promise.race([once(sender, 'message'), failed])
  failed.catch(() => {})
  return sender
}

/** Has every sender send once. Counts what arrives until each sender's marker has come, which no filter holds up. */
function countArrived(socket: Socket, senders: readonly ChildProcess[], step: number): Promise<number[]> {
  const counts = SOURCES.map(() => 0)
  const { port } = socket.address()
  const order: SendOrder = { group: GROUP, port, count: DATAGRAMS_PER_STEP, step }
  return new Promise((resolve, reject) => {
    let ended = 0
    const timer = setTimeout(() => finish(new Error('a sender said nothing for five seconds')), STEP_TIMEOUT)
    const finish = (error?: Error): void => {
      clearTimeout(timer)
      socket.off('message', onMessage)
      if (error === undefined) resolve(counts)
      else reject(error)
    }
    const onMessage = (data: Buffer, { address }: { address: string }): void => {
      const [sentInStep, content] = data.toString().split(' ')
      const index = (SOURCES as readonly string[]).indexOf(address)
      if (Number(sentInStep) !== step || index < 0) return
      if (content === 'end') ended++
      else counts[index] = (counts[index] ?? 0) + 1
      if (ended === SOURCES.length) finish()
    }
    socket.on('message', onMessage)
    for (const sender of senders) sender.send(order)
  })
}
