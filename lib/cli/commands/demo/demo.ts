import { type ChildProcess, fork } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { control, type SocketControl } from '../../../control/control.ts'
import type { Membership } from '../../../control/membership.ts'
import { IP_MULTICAST_ALL } from '../../../options/table/ip.ts'
import { type Paint, paint } from '../../shell/paint.ts'
import type { Order } from './sender.ts'

const GROUP = '239.255.77.1'
const LOOPBACK = '127.0.0.1'
const SOURCES = ['127.0.0.1', '127.0.0.2', '127.0.0.3'] as const
const COUNT = 5
const PATIENCE = 5000

type Counts = [number, number, number]

interface Step {
  title: string
  does: (receiver: SocketControl, held: Membership[]) => Promise<Membership[]>
  expected: Counts
}

const on = { group: GROUP, interface: LOOPBACK }

const STEPS: Step[] = [
  { title: 'join the group, any source', expected: [COUNT, COUNT, COUNT], does: async (c) => [await c.join(on)] },
  {
    title: `block ${SOURCES[1]}`,
    expected: [COUNT, 0, COUNT],
    does: async (_, held) => {
      await held[0]?.block(SOURCES[1])
      return held
    },
  },
  {
    title: `unblock ${SOURCES[1]}`,
    expected: [COUNT, COUNT, COUNT],
    does: async (_, held) => {
      await held[0]?.unblock(SOURCES[1])
      return held
    },
  },
  { title: 'leave', expected: [0, 0, 0], does: leaveAll },
  {
    title: `join source ${SOURCES[0]}`,
    expected: [COUNT, 0, 0],
    does: async (c) => [await c.join({ ...on, source: SOURCES[0] })],
  },
  {
    title: `join source ${SOURCES[2]} too`,
    expected: [COUNT, 0, COUNT],
    does: async (c, held) => [...held, await c.join({ ...on, source: SOURCES[2] })],
  },
  {
    title: `filter: exclude ${SOURCES[0]}, ${SOURCES[1]}`,
    expected: [0, 0, COUNT],
    does: async (c) => {
      await c.setSourceFilter(on, { mode: 'exclude', sources: [SOURCES[0], SOURCES[1]] })
      return [...c.memberships]
    },
  },
  { title: 'leave', expected: [0, 0, 0], does: leaveAll },
]

async function leaveAll(_: SocketControl, held: Membership[]): Promise<Membership[]> {
  for (const membership of held) await membership.leave()
  return []
}

export interface DemoOptions {
  out?: NodeJS.WritableStream & { isTTY?: boolean }
  json?: boolean
}

/**
 * Three processes send to one group on loopback; a receiver joins, blocks, filters and leaves. Prints, step by step,
 * what arrived of each source and what was expected. True where every count is right.
 */
export async function demo({ out = process.stdout, json = false }: DemoOptions = {}): Promise<boolean> {
  const senders: ChildProcess[] = []
  const socket = createSocket({ type: 'udp4', reuseAddr: true })
  try {
    socket.bind(0)
    await once(socket, 'listening')
    for (const source of SOURCES) senders.push(await startSender(source))
    const receiver = control(socket)
    receiver.setSync(IP_MULTICAST_ALL, false)
    const report = json ? reportJson(out) : reportTable(out, paint(out))
    report.start()
    let held: Membership[] = []
    let right = true
    for (const [step, { title, does, expected }] of STEPS.entries()) {
      held = await does(receiver, held)
      const arrived = await collect(socket, senders, step)
      right &&= expected.every((count, place) => count === arrived[place])
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

/** One round of sending: counts what arrives until each sender's marker, which no filter holds up, has come. */
function collect(socket: Socket, senders: ChildProcess[], step: number): Promise<Counts> {
  const counts: Counts = [0, 0, 0]
  const { port } = socket.address()
  const order: Order = { group: GROUP, port, count: COUNT, step }
  return new Promise((resolve, reject) => {
    let ended = 0
    const timer = setTimeout(() => finish(new Error('a sender said nothing for five seconds')), PATIENCE)
    const finish = (error?: Error): void => {
      clearTimeout(timer)
      socket.off('message', onMessage)
      if (error === undefined) resolve(counts)
      else reject(error)
    }
    const onMessage = (data: Buffer, { address }: { address: string }): void => {
      const [from, what] = data.toString().split(' ')
      const place = (SOURCES as readonly string[]).indexOf(address)
      if (Number(from) !== step || place < 0) return
      if (what === 'end') ended++
      else counts[place as 0 | 1 | 2]++
      if (ended === SOURCES.length) finish()
    }
    socket.on('message', onMessage)
    for (const sender of senders) sender.send(order)
  })
}

interface Report {
  start(): void
  step(number: number, title: string, arrived: Counts, expected: Counts): void
  end(right: boolean): void
}

function reportTable(out: NodeJS.WritableStream, color: Paint): Report {
  const wide = Math.max(...STEPS.map(({ title }) => title.length)) + 2
  const line = (text: string): void => void out.write(`${text}\n`)
  const cell = (arrived: number, expected: number): string => {
    const text = `${arrived} of ${expected}`.padEnd(12)
    return arrived === expected ? (expected > 0 ? color.good(text) : color.dim(text)) : color.bad(text)
  }
  return {
    start: () => {
      line(`Three processes each send ${COUNT} datagrams a step to ${GROUP} on loopback.`)
      line('Arrived, of those expected, by source:\n')
      line(color.strong(`   ${'step'.padEnd(wide)}${SOURCES.map((source) => source.padEnd(12)).join('')}`))
    },
    step: (number, title, arrived, expected) => {
      const cells = arrived.map((count, place) => cell(count, expected[place] ?? 0)).join('')
      const right = arrived.every((count, place) => count === expected[place])
      line(`${number}  ${title.padEnd(wide)}${cells}${right ? color.good('ok') : color.bad('WRONG')}`)
    },
    end: (right) => line(right ? '\nEvery count is as expected.' : color.bad('\nSome counts are not as expected.')),
  }
}

function reportJson(out: NodeJS.WritableStream): Report {
  return {
    start: () => {},
    step: (step, title, arrived, expected) =>
      void out.write(`${JSON.stringify({ step, title, sources: SOURCES, arrived, expected })}\n`),
    end: () => {},
  }
}
