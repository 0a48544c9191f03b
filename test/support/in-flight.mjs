// Workers that end while membership calls are on their way, one after the other. Arguments: how each ends, how many.
import { readdirSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { tell } from './stdio.mjs'

const [how, count] = process.argv.slice(2)

const code = `
  import dgram from 'node:dgram'
  import { once } from 'node:events'
  import { parentPort, workerData } from 'node:worker_threads'
  import { control } from ${JSON.stringify(import.meta.resolve('sockctl'))}

  const sockets = Array.from({ length: 9 }, () => dgram.createSocket('udp4').bind(0, '127.0.0.1'))
  await Promise.all(sockets.map((socket) => once(socket, 'listening')))
  let settled = 0
  const note = () => { settled++ }
  const inFlight = sockets.flatMap((socket, at) =>
    Array.from({ length: 250 }, (_, n) => {
      // Every second one needs the list of interfaces first.
      const on = n % 2 === 0 ? 'lo' : '127.0.0.1'
      const call = control(socket).join({ group: '239.' + at + '.1.' + (n >> 1), interface: on })
      return call.then(note, note)
    }))
  if (workerData === 'natural') {
    await Promise.all(inFlight)
    for (const socket of sockets) socket.close()
  }
  // Some calls have returned, the others are still running.
  if (workerData !== 'natural') await inFlight[0]
  parentPort.postMessage(inFlight.length - settled)
  if (workerData === 'exit') process.exit()
  if (workerData === 'throw') throw new Error('as planned')
`
const url = new URL(`data:text/javascript,${encodeURIComponent(code)}`)

async function one() {
  const worker = new Worker(url, { workerData: how })
  let left
  worker.on('error', (error) => {
    if (error.message !== 'as planned') throw error
  })
  const exited = new Promise((resolve) => worker.once('exit', resolve))
  await new Promise((resolve, reject) => {
    worker.once('message', (message) => {
      left = message
      resolve()
    })
    worker.once('exit', (status) => reject(new Error(`it ended by itself, with ${status}`)))
  })
  if (how === 'terminate') await worker.terminate()
  await exited
  return left
}

const descriptors = () => readdirSync('/proc/self/fd').length

// The first worker opens what the process keeps open.
await one()
const before = descriptors()
const inFlight = []
for (let n = 0; n < Number(count); n++) inFlight.push(await one())
tell({ inFlight, before, after: descriptors() })
