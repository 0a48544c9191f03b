// inheritedSockets: what systemd's protocol passes on, from systemd-socket-activate itself and from hostile variables.
import { spawnSync } from 'node:child_process'
import dgram from 'node:dgram'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { openSocket } from 'sockctl'
import { afterAll, expect, it, onTestFinished } from 'vitest'
import { describeInNamespace, describeUnless, namespaceMissing } from './support/namespace.ts'
import { type Peer, spawnScript } from './support/processes.ts'

const stdio = new URL('support/stdio.mjs', import.meta.url)

const prelude = `
  import { readFileSync } from 'node:fs'
  import { inheritedSockets } from 'sockctl'
  import { tell } from '${stdio}'
  const flagsOf = (fd) => Number.parseInt(/flags:\\s+(\\d+)/.exec(readFileSync('/proc/self/fdinfo/' + fd, 'utf8'))[1], 8)
  const factsOf = ({ fd, name, family, type, listening, connected }) => ({ fd, name, family, type, listening, connected })
  const variables = () => Object.keys(process.env).filter((name) => name.startsWith('LISTEN_')).sort()`

const O_NONBLOCK = 0o4000

describeUnless(
  namespaceMissing ??
    (spawnSync('systemd-socket-activate', ['--version']).status === 0
      ? undefined
      : 'no systemd-socket-activate: install the Debian package systemd'),
  'started by systemd-socket-activate, a program',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'sockctl-activate-'))
    afterAll(() => rmSync(folder, { recursive: true }))

    /** The program starts with the first that comes to one of the sockets. systemd says on stderr when they are open. */
    async function activate(code: string, listens: readonly string[], options: readonly string[] = []): Promise<Peer> {
      const listen = listens.flatMap((address) => ['--listen', address])
      const peer = spawnScript({ code: prelude + code }, [], ['systemd-socket-activate', ...options, ...listen])
      onTestFinished(() => peer.close())
      while (peer.stderr().split('Listening on').length <= listens.length) await pause(5)
      return peer
    }

    it('takes its UDP sockets', async () => {
      const code = `
        const before = [flagsOf(3), flagsOf(4)]
        const sockets = inheritedSockets()
        tell({ sockets: sockets.map(factsOf), addresses: sockets.map((socket) => socket.address()), variables: variables(),
          again: inheritedSockets().length, gained: sockets.map(({ fd }, index) => flagsOf(fd) & ~before[index]) })
        sockets[0].toDatagram().on('message', (data) => tell({ heard: String(data) }))`
      const peer = await activate(code, ['127.0.0.1:7001', '[::1]:7002'], ['--datagram', '--fdname=feed:control'])
      const socket = dgram.createSocket('udp4')
      onTestFinished(() => void socket.close())
      socket.send('to the service', 7001, '127.0.0.1')
      const udp = { type: 'dgram', listening: false, connected: false }
      expect(await peer.next()).toEqual({
        sockets: [
          { fd: 3, name: 'feed', family: 'ipv4', ...udp },
          { fd: 4, name: 'control', family: 'ipv6', ...udp },
        ],
        addresses: [
          { address: '127.0.0.1', port: 7001 },
          { address: '::1', port: 7002 },
        ],
        variables: [],
        again: 0,
        // Node itself makes the first descriptors close on exec.
        gained: [O_NONBLOCK, O_NONBLOCK],
      })
      expect(await peer.next()).toEqual({ heard: 'to the service' })
    })

    it('takes its TCP and Unix listeners', async () => {
      const path = join(folder, 'listener')
      const code = `
        const sockets = inheritedSockets()
        tell({ sockets: sockets.map(factsOf) })
        for (const socket of sockets) socket.toServer({}, (client) => client.end(socket.family))`
      const peer = await activate(code, ['127.0.0.1:7003', path], ['--fdname=web:local'])
      const listens = { type: 'stream', listening: true, connected: false }
      for (const [to, family] of [
        [{ port: 7003, host: '127.0.0.1' }, 'ipv4'],
        [{ path }, 'unix'],
      ] as const) {
        const client = net.connect(to)
        expect(String((await once(client, 'data'))[0])).toBe(family)
        client.destroy()
      }
      expect(await peer.next()).toEqual({
        sockets: [
          { fd: 3, name: 'web', family: 'ipv4', ...listens },
          { fd: 4, name: 'local', family: 'unix', ...listens },
        ],
      })
    })

    it('takes the connection that was accepted for it', async () => {
      const code = `
        const [socket] = inheritedSockets()
        socket.toStream().end(JSON.stringify(factsOf(socket)))`
      await activate(code, ['127.0.0.1:7004'], ['--accept'])
      const client = net.connect(7004, '127.0.0.1')
      const facts = JSON.parse(String((await once(client, 'data'))[0]))
      expect(facts).toMatchObject({ fd: 3, family: 'ipv4', type: 'stream', listening: false, connected: true })
    })
  },
)

describeInNamespace('inheritedSockets', () => {
  /** What a program sees that is started with these variables; `$$` is its process. */
  async function seen(variables: Record<string, string>, descriptors: readonly number[] = []): Promise<unknown> {
    const assignments = Object.entries(variables).map(([name, value]) => `${name}=${value}`)
    const shell = ['sh', '-c', `exec env ${assignments.join(' ')} "$@"`, 'sh']
    const code = `${prelude}
      let sockets = []
      let refused
      try { sockets = inheritedSockets() } catch ({ name, code, reason, message }) { refused = { name, code, reason, message } }
      tell({ sockets: sockets.map(({ fd, name }) => [fd, name]), refused, variables: variables() })`
    await using child = spawnScript({ code }, [], shell, descriptors)
    return await child.next()
  }

  /** Two sockets and a descriptor that is none. */
  async function descriptors(): Promise<number[]> {
    const sockets = await Promise.all([1, 2].map(() => openSocket({ family: 'ipv4', type: 'dgram' })))
    const file = openSync('/dev/null', 'r')
    onTestFinished(async () => {
      closeSync(file)
      for (const socket of sockets) await socket.close()
    })
    return [sockets[0]?.fd ?? -1, file, sockets[1]?.fd ?? -1]
  }

  const ALL = ['LISTEN_FDNAMES', 'LISTEN_FDS', 'LISTEN_PID']

  it('takes none without the variables, and none that are for another process', async () => {
    expect(await seen({})).toEqual({ sockets: [], variables: [] })
    expect(await seen({ LISTEN_FDS: '1' })).toEqual({ sockets: [], variables: ['LISTEN_FDS'] })
    const foreign = { LISTEN_FDS: '1', LISTEN_PID: '1', LISTEN_FDNAMES: 'a' }
    expect(await seen(foreign, await descriptors())).toEqual({ sockets: [], variables: ALL })
  })

  it('leaves out what is no socket, and gives the others their names', async () => {
    const variables = { LISTEN_FDS: '3', LISTEN_PID: '$$', LISTEN_FDNAMES: 'a:b:c' }
    const expected = [
      [3, 'a'],
      [5, 'c'],
    ]
    expect(await seen(variables, await descriptors())).toEqual({ sockets: expected, variables: [] })
  })

  it('gives no names if there are none, and removes the variables even if there is no socket', async () => {
    const [first = -1] = await descriptors()
    // JSON has no undefined.
    expect(await seen({ LISTEN_FDS: '1', LISTEN_PID: '$$' }, [first])).toEqual({ sockets: [[3, null]], variables: [] })
    expect(await seen({ LISTEN_FDS: '0', LISTEN_PID: '$$' })).toEqual({ sockets: [], variables: [] })
    expect(await seen({ LISTEN_FDS: '0', LISTEN_PID: '$$', LISTEN_FDNAMES: '' })).toEqual({
      sockets: [],
      variables: [],
    })
  })

  it.each([
    [{ LISTEN_FDS: 'x' }, /^LISTEN_FDS is 'x': a number is needed/],
    [{ LISTEN_FDS: '-1' }, /^LISTEN_FDS is '-1'/],
    [{ LISTEN_PID: '$$x' }, /^LISTEN_PID is '\d+x'/],
    [{ LISTEN_FDNAMES: 'a:b' }, /^LISTEN_FDNAMES has 2 names and LISTEN_FDS is 3: the same number is needed/],
    [{ LISTEN_FDNAMES: 'a:b:c:d' }, /^LISTEN_FDNAMES has 4 names/],
  ])('refuses %o, takes nothing and leaves the variables', async (wrong, message) => {
    const variables = { LISTEN_FDS: '3', LISTEN_PID: '$$', LISTEN_FDNAMES: 'a:b:c', ...wrong }
    expect(await seen(variables, await descriptors())).toEqual({
      sockets: [],
      refused: {
        name: 'SocketOptionError',
        code: 'ERR_INVALID_VALUE',
        reason: 'bad-value',
        message: expect.stringMatching(message),
      },
      variables: ALL,
    })
  })

  it('takes all or none: if one has an owner, the others stay as they are', async () => {
    const [first = -1, , third = -1] = await descriptors()
    const code = `${prelude}
      import { adoptSocket } from 'sockctl'
      process.env.LISTEN_PID = String(process.pid)
      process.env.LISTEN_FDS = '2'
      const owned = adoptSocket(4)
      let refused
      try { inheritedSockets() } catch ({ code }) { refused = code }
      const stayed = variables()
      owned.release()
      tell({ refused, stayed, taken: inheritedSockets().map(({ fd }) => fd) })`
    await using child = spawnScript({ code }, [], [], [first, third])
    expect(await child.next()).toEqual({
      refused: 'ERR_DESCRIPTOR_OWNED',
      stayed: ['LISTEN_FDS', 'LISTEN_PID'],
      // The first is free to be taken: the call before did not keep it.
      taken: [3, 4],
    })
  })

  it('refuses a number of descriptors that are not all open', async () => {
    const code = `${prelude}
      process.env.LISTEN_PID = String(process.pid)
      process.env.LISTEN_FDS = '1000000000'
      const before = flagsOf(3)
      try { inheritedSockets() } catch ({ code, reason }) { tell({ code, reason, changed: flagsOf(3) !== before }) }`
    await using child = spawnScript({ code }, [], [], [(await descriptors())[0] ?? -1])
    expect(await child.next()).toEqual({ code: expect.any(String), reason: 'closed', changed: false })
  })
})
