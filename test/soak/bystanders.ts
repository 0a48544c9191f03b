// What goes on beside the receivers of a soak: workers that end at any moment, and objects that nobody closes.
import { once } from 'node:events'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Worker } from 'node:worker_threads'
import { openReceiver, openSender, openSocket } from 'sockctl'

const WORK = `
  const { parentPort, workerData: on } = require('node:worker_threads')
  import('sockctl').then(async ({ openReceiver, openSender, openSocket }) => {
    for (let round = 0; ; round++) {
      const receiver = await openReceiver({ channels: [{ group: '239.9.9.9', interface: on }] })
      const sender = await openSender({ to: { address: '239.9.9.9', port: receiver.address.port }, interface: on })
      await sender.send([Buffer.from('a'), Buffer.from('b')])
      const held = await receiver.joinAll([1, 2, 3].map((i) => ({ group: '239.9.8.' + i, interface: on })))
      if (round === 0) parentPort.postMessage('ready')
      const asked = (await openSocket({ family: 'ipv4', type: 'dgram', bind: { port: 0 } })).toMessageSocket()
      await asked.send(Buffer.from('?'), { address: '127.0.0.1', port: asked.address.port })
      const [question] = await asked.receive()
      await asked.reply(question, Buffer.from('!'))
      await asked.close()
      await Promise.all([held[0].block('192.0.2.1'), held[1].leave()])
      await Promise.all([receiver.close(), sender.close()])
    }
  })`

/** A worker that opens, joins, sends and closes without end, terminated after so many of its turns. */
export async function endedWorker(on: string, after: number): Promise<void> {
  const worker = new Worker(WORK, { eval: true, workerData: on })
  await once(worker, 'message')
  for (let turn = 0; turn < after; turn++) await new Promise(setImmediate)
  await worker.terminate()
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** A socket, one that was written to and read, a sender and a receiver that nobody closes. */
export async function forget(on: string): Promise<void> {
  await openSocket({ family: 'ipv4', type: 'dgram', bind: { address: '127.0.0.1', port: 0 } })
  const bind = { address: '127.0.0.1', port: 0 }
  const socket = (await openSocket({ family: 'ipv4', type: 'dgram', bind })).toMessageSocket()
  await socket.send(Buffer.from('x'), socket.address)
  await socket.receive()
  await openSender({ interface: on })
  await openReceiver({ channels: [{ group: '239.9.7.7', interface: on }] })
}

/** Collects garbage until `done`, or until there is no more to hope for. */
export async function collectUntil(done: () => boolean): Promise<boolean> {
  for (let patience = 200; patience > 0; patience--) {
    if (done()) return true
    collect()
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return done()
}

/** Collects what is garbage now, and what only the finalizers of the collection before made garbage. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 10; round++) {
    collect()
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
