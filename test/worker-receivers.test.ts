import { expect, it } from 'vitest'
import { describeInNamespace } from './support/namespace.ts'
import { spawnScript } from './support/processes.ts'

// Workers that end while they read and send: the process keeps nothing of theirs.
const code = `
  import { readdirSync, readlinkSync } from 'node:fs'
  import { Worker } from 'node:worker_threads'
  import { openReceiver } from 'sockctl'
  import { tell } from '${new URL('./support/stdio.mjs', import.meta.url)}'

  const [how, count] = process.argv.slice(1)
  const workerCode = \`
    import { parentPort, workerData } from 'node:worker_threads'
    import { openReceiver, openSender } from '\${import.meta.resolve('sockctl')}'

    const channels = [{ group: '239.3.3.3', interface: 'lo' }, { group: '239.3.3.4', interface: 'lo' }]
    const receivers = await Promise.all([{ address: '127.0.0.1' }, { channels }, { channels }].map((options) => openReceiver(options)))
    const [{ address: { port } }] = receivers
    const sender = await openSender({ to: { address: '127.0.0.1', port }, returnedErrors: true, transmitTimestamps: true })
    const nowhere = { address: '127.0.0.1', port: 9 }
    let read = 0
    for (const receiver of receivers)
      (async () => {
        for await (const batch of receiver) {
          read += batch.length
          sender.send(Buffer.from('x'))
          sender.send(Buffer.from('x'), nowhere)
          if (read > 20) parentPort.postMessage(read)
        }
      })()
    await sender.send(Array.from({ length: 3 }, () => Buffer.from('x')))
    if (workerData === 'exit') setTimeout(() => process.exit(), 5)
    if (workerData === 'throw') setTimeout(() => { throw new Error('as planned') }, 5)
    if (workerData === 'close') setTimeout(async () => {
      for (const receiver of receivers) receiver.close()
      sender.close()
      process.exit()
    }, 5)
  \`
  const url = new URL('data:text/javascript,' + encodeURIComponent(workerCode))

  async function one() {
    const worker = new Worker(url, { workerData: how })
    let read = 0
    worker.on('error', (error) => {
      if (error.message !== 'as planned') throw error
    })
    const exited = new Promise((resolve) => worker.once('exit', resolve))
    await new Promise((resolve) => {
      worker.on('message', (message) => {
        read = message
        resolve()
      })
      worker.once('exit', resolve)
    })
    if (how === 'terminate') await worker.terminate()
    await exited
    return read
  }
  const kindOf = (fd) => {
    try { return readlinkSync('/proc/self/fd/' + fd) } catch { return '' }
  }
  const descriptors = () => readdirSync('/proc/self/fd').filter((fd) => /^socket:|eventpoll/.test(kindOf(fd))).length

  await (await openReceiver({})).close()
  const before = descriptors()
  const read = []
  for (let n = 0; n < Number(count); n++) read.push(await one())
  tell({ read, before, after: descriptors() })`

describeInNamespace('workers that end while they receive and send', () => {
  it.each(['terminate', 'exit', 'throw', 'close'])('leave the process whole and nothing open: %s', async (how) => {
    const count = how === 'terminate' ? 15 : 10
    await using child = spawnScript({ code }, [how, `${count}`])
    const { read, before, after } = await child.next<{ read: number[]; before: number; after: number }>()
    expect(await child.exited, child.stderr()).toEqual({ code: 0, signal: null })
    expect(read).toHaveLength(count)
    if (how === 'terminate') expect(Math.min(...read)).toBeGreaterThan(20)
    expect(after).toBe(before)
  })
})
