import { expect, it } from 'vitest'
import { describeInNamespace } from './support/namespace.ts'
import { spawnProgram } from './support/processes.ts'

const stdio = new URL('./support/stdio.mjs', import.meta.url)

/** The output of a program that must end by itself, with this status. */
async function told<T extends object>(code: string, status = 0): Promise<T & { stderr: string }> {
  const script = `
    import { spawn } from 'node:child_process'
    import { readdirSync, readlinkSync } from 'node:fs'
    import { setImmediate, setTimeout } from 'node:timers/promises'
    import { openReceiver, openSender, openSocket } from 'sockctl'
    import { tell } from '${stdio}'
    const kindOf = (fd) => {
      try { return readlinkSync('/proc/self/fd/' + fd) } catch { return '' }
    }
    const descriptors = () => readdirSync('/proc/self/fd').filter((fd) => /^socket:|eventpoll/.test(kindOf(fd))).length
    ${code}`
  await using child = spawnProgram([process.execPath, '--expose-gc', '--input-type=module', '--eval', script])
  const message = await child.next<T>()
  expect(await child.exited, child.stderr()).toEqual({ code: status, signal: null })
  return { ...message, stderr: child.stderr() }
}

const nowhere = "to: { address: '127.0.0.1', port: 9 }"

const joins = `
  const receiver = await openReceiver({ channels: [{ group: '239.1.1.1', interface: 'lo' }] })
  await receiver.join({ group: '239.1.1.2', interface: 'lo' })`

const answers = `
  const bind = { address: '127.0.0.1', port: 0 }
  const socket = (await openSocket({ family: 'ipv4', type: 'dgram', bind })).toMessageSocket({ returnedErrors: true })
  await socket.send(new Uint8Array(3), socket.address)
  const [datagram] = await socket.receive()
  await socket.reply(datagram, new Uint8Array(2))`

const repliesOf = `
  const receiver = await openReceiver({ unicast: true, channels: [{ group: '239.1.1.1', interface: 'lo' }] })
  await receiver.send(new Uint8Array(3), { address: '127.0.0.1', port: receiver.address.port })
  const [datagram] = await receiver.receive()
  await receiver.reply(datagram, new Uint8Array(2))`

const reads = `
  const receiver = await openReceiver({ address: '127.0.0.1' })
  const sender = await openSender({ to: { address: '127.0.0.1', port: receiver.address.port } })
  await sender.send(new Uint8Array(3))
  await receiver[Symbol.asyncIterator]().next()
  await sender.close()`

describeInNamespace('what is forgotten without close()', () => {
  it.each([
    ['Receiver', 'was never read', "await openReceiver({ address: '127.0.0.1' })"],
    ['Receiver', 'has joined, on more sockets than one', joins],
    ['Receiver', 'was read and is read no more', reads],
    ['MessageSocket', 'was never read', `(await openSocket({ family: 'ipv4', type: 'dgram' })).toMessageSocket()`],
    ['MessageSocket', 'was read and has answered', answers],
    ['Receiver', 'has answered', repliesOf],
    ['Sender', 'never sent', `await openSender({ returnedErrors: true, ${nowhere} })`],
    [
      'Sender',
      'has sent, and waits for what comes back',
      `await (await openSender({ transmitTimestamps: true, ${nowhere} })).send(new Uint8Array(1))`,
    ],
  ])('is closed when it is collected, with a warning: a %s that %s', async (name, _, open) => {
    const { before, after, warnings } = await told<{ before: number; after: number; warnings: string[] }>(`
      const warnings = []
      process.on('warning', ({ name, message }) => warnings.push(name + ': ' + message))
      // The first receiver opens what the process keeps open.
      await (await openReceiver({})).close()
      const before = descriptors()
      await (async () => { ${open} })()
      for (let turn = 0; turn < 200 && (descriptors() > before || warnings.length === 0); turn++) {
        gc()
        await setTimeout(5)
      }
      tell({ before, after: descriptors(), warnings })`)
    expect(after).toBe(before)
    for (const warning of warnings) expect(warning).toMatch(new RegExp(`SockctlWarning: a ${name} was forgotten`))
    expect(warnings.length).toBeGreaterThan(0)
  })

  it('is not: what is read, or waits to be sent', async () => {
    const { read, warnings } = await told<{ read: number; warnings: number }>(`
      let warnings = 0
      process.on('warning', () => warnings++)
      let read = 0
      const port = await (async () => {
        const receiver = await openReceiver({ address: '127.0.0.1' })
        ;(async () => {
          for await (const batch of receiver) if ((read += batch.length) === 3) break
        })()
        return receiver.address.port
      })()
      for (let n = 0; n < 3; n++) {
        gc()
        await setTimeout(5)
        const sender = await openSender({ to: { address: '127.0.0.1', port } })
        await sender.send(new Uint8Array(1))
        await sender.close()
      }
      while (read < 3) await setImmediate()
      gc()
      await setTimeout(5)
      tell({ read, warnings })`)
    expect({ read, warnings }).toEqual({ read: 3, warnings: 0 })
  })

  it('is not said of what was closed', async () => {
    const { stderr } = await told(`
      for (let n = 0; n < 20; n++) {
        await (await openReceiver({})).close()
        await (await openSender({})).close()
        await openReceiver({ address: '192.0.2.1' }).catch(() => {})
        await openReceiver({ channels: [{ group: '239.1.1.1', interface: 'lo' }, { group: '239.1.1.1', interface: 'lo' }] }).catch(() => {})
      }
      for (let turn = 0; turn < 5; turn++) {
        gc()
        await setTimeout(5)
      }
      tell({})`)
    expect(stderr).toBe('')
  })
})

const next = 'receiver[Symbol.asyncIterator]().next()'

describeInNamespace('the event loop', () => {
  it.each([
    ['nobody reads', 'const receiver = await openReceiver({}); receiver.on("channel-change", () => {})'],
    ['a sender waits for what comes back', 'await openSender({ returnedErrors: true, transmitTimestamps: true })'],
    ['its reader was unrefed before', `const receiver = (await openReceiver({})).unref(); ${next}`],
    ['its reader was unrefed while it waits', `const receiver = await openReceiver({}); ${next}; receiver.unref()`],
    ['a stream reads it, unrefed', 'const receiver = (await openReceiver({})).unref(); receiver.readable().resume()'],
    ['a batch is being worked on', reads],
  ])('is not kept alive if %s', async (_, code) => {
    expect(await told(`${code}\ntell({ ended: true })`)).toMatchObject({ ended: true, stderr: '' })
  })

  it.each([
    ['', ''],
    [', refed again before', 'receiver.unref().ref()'],
    [', refed again while it waits', 'receiver.unref(); process.nextTick(() => receiver.ref())'],
  ])('is kept alive while a reader waits%s', async (_, hold) => {
    const { read } = await told<{ read: number }>(`
      const receiver = await openReceiver({ address: '127.0.0.1' })
      ${hold}
      ;(async () => {
        for await (const batch of receiver) {
          tell({ read: batch.length })
          break
        }
      })()
      // A process of its own sends, when this one has long nothing else to do.
      const code = \`
        const socket = require('node:dgram').createSocket('udp4')
        setTimeout(() => socket.send('x', \${receiver.address.port}, '127.0.0.1', () => socket.close()), 100)\`
      spawn(process.execPath, ['--eval', code], { stdio: 'ignore', detached: true }).unref()`)
    expect(read).toBe(1)
  })

  it('gets what a listener throws, and the others go on', async () => {
    const { caught, errors } = await told<{ caught: string[]; errors: number }>(`
      const caught = []
      process.on('uncaughtException', ({ message }) => caught.push(message))
      const sender = await openSender({ returnedErrors: true, transmitTimestamps: true })
      let errors = 0
      let times = 0
      sender.on('transmitted', () => { times++; throw new Error('time') })
      sender.on('returned-error', () => { errors++; throw new Error('error') })
      for (let n = 0; n < 3; n++) {
        await sender.send(new Uint8Array(1), { address: '127.0.0.1', port: 9 })
        while (errors <= n || times <= n) await setImmediate()
      }
      tell({ caught: caught.sort(), errors })`)
    expect({ caught, errors }).toEqual({ caught: [...Array(3).fill('error'), ...Array(3).fill('time')], errors: 3 })
  })
})
