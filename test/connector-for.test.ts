import { once } from 'node:events'
import http, { type ClientRequest, type IncomingMessage } from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import net, { type AddressInfo } from 'node:net'
import tls, { TLSSocket } from 'node:tls'
import { type Connector, connectorFor, control, SocketOptionError } from 'sockctl'
import { SO_KEEPALIVE, SO_MARK, TCP_KEEPIDLE, TCP_NODELAY, TCP_USER_TIMEOUT } from 'sockctl/options'
import * as undici from 'undici'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import WebSocket, { WebSocketServer } from 'ws'
import { type Certificate, opensslMissing, selfSigned } from './support/certificate.ts'
import { nftMissing } from './support/commands.ts'
import { CLOSED, echo, ended, expectNothingOpen, lookupOf } from './support/connections.ts'
import { openSockets } from './support/descriptors.ts'
import { describeInNamespace, describeUnless, namespaceMissing } from './support/namespace.ts'
import { silence } from './support/silence.ts'

const connector = connectorFor({ options: [[TCP_USER_TIMEOUT, 1234]] })
const timeoutOf = (socket: net.Socket): number => control(socket).getSync(TCP_USER_TIMEOUT)

/** Listens until the test is over, and gives the port. */
async function listening(server: net.Server): Promise<number> {
  server.listen(0, '::')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

const answer = (_: unknown, response: http.ServerResponse) => void response.end('done')

/** The connection of a request, and its timeout while the response is read. */
async function connectionOf(request: ClientRequest): Promise<{ socket: net.Socket; timeout: number }> {
  request.end()
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  const { socket } = response
  const timeout = timeoutOf(socket)
  await once(response.resume(), 'end')
  return { socket, timeout }
}

/** What a connector called by hand calls back with. */
const called = (request: Parameters<Connector>[0], connect: Connector = connector) =>
  new Promise<net.Socket>((resolve, reject) => {
    connect(request, (error, socket) => (error === null ? resolve(socket) : reject(error)))
  })

describeInNamespace('connectorFor', () => {
  it('serves an http.Agent, which keeps and uses the connection again', async () => {
    const port = await listening(http.createServer(answer))
    const agent = new http.Agent({ keepAlive: true })
    agent.createConnection = connector
    const get = (host: string) => connectionOf(http.get(`http://${host}:${port}`, { agent }))
    const [first, second, third] = [await get('127.0.0.1'), await get('[::1]'), await get('127.0.0.1')]
    expect(first.timeout).toBe(1234)
    expect(second.socket).not.toBe(first.socket)
    expect(third.socket).toBe(first.socket)
    agent.destroy()
  })

  it('serves a request of http without an agent', async () => {
    const port = await listening(http.createServer(answer))
    const { timeout } = await connectionOf(http.request({ port, createConnection: connector }))
    expect(timeout).toBe(1234)
  })

  it('serves undici, and fetch', async () => {
    const port = await listening(http.createServer(answer))
    const dispatcher = new undici.Agent({ connect: connector })
    for (const host of ['127.0.0.1', '[::1]', 'localhost']) {
      const response = await undici.fetch(`http://${host}:${port}`, { dispatcher })
      expect(await response.text()).toBe('done')
    }
    await dispatcher.close()
  })

  it('serves ws', async () => {
    const server = new WebSocketServer({ port: 0 })
    onTestFinished(() => server.close())
    server.on('connection', (socket) => socket.send('welcome'))
    await once(server, 'listening')
    const client = new WebSocket(`ws://[::1]:${(server.address() as AddressInfo).port}`, {
      createConnection: connector,
    })
    const [[message], [{ socket }]] = await Promise.all([once(client, 'message'), once(client, 'upgrade')])
    expect(`${message}`).toBe('welcome')
    expect(timeoutOf(socket)).toBe(1234)
    client.terminate()
  })

  it('connects from where, to what and by which lookup the request says', async () => {
    const { port, server } = await echo()
    const accepted = once(server, 'connection') as Promise<[net.Socket]>
    const lookup = lookupOf('::1', '127.0.0.1')
    const socket = await called({ host: 'somewhere', port: `${port}`, localAddress: '127.0.0.7', lookup })
    expect((await accepted)[0].remoteAddress).toBe('::ffff:127.0.0.7')
    await ended(socket)
    await ended(await called({ host: 'ignored:80', hostname: 'somewhere', port, lookup, family: 6 }))
    expect(lookup.asked).toMatchObject([
      { host: 'somewhere', family: 4 },
      { host: 'somewhere', family: 6 },
    ])
  })

  it('prefers its own to what the request says', async () => {
    const { port } = await echo()
    const lookup = lookupOf('127.0.0.1')
    const own = connectorFor({ options: [], lookup, localAddress: '127.0.0.8' })
    const request = { host: 'somewhere', port, lookup: lookupOf('::1'), localAddress: '::1' }
    const socket = await called(request, own)
    expect(socket).toMatchObject({ localAddress: '127.0.0.8', remoteAddress: '127.0.0.1' })
    expect(request.lookup.asked).toEqual([])
    await ended(socket)
  })

  it('sets TCP_NODELAY and keepalive as net.connect does for an agent, before its own options', async () => {
    const { port } = await echo()
    const agents = { host: '127.0.0.1', port, keepAlive: true, keepAliveInitialDelay: 5000 }
    const keepalive = (socket: net.Socket) =>
      [TCP_NODELAY, SO_KEEPALIVE, TCP_KEEPIDLE].map((option) => control(socket).getSync<unknown>(option))
    const asAgent = await called(agents)
    expect(keepalive(asAgent)).toEqual([true, true, 5])
    await ended(asAgent)
    const options = [
      [TCP_NODELAY, false],
      [TCP_KEEPIDLE, 7],
    ] as const
    const asWanted = await called(agents, connectorFor({ options }))
    expect(keepalive(asWanted)).toEqual([false, true, 7])
    await ended(asWanted)
  })

  it('gives a request the error of connectSocket, and nothing stays open', async () => {
    const before = openSockets()
    const agent = new http.Agent()
    agent.createConnection = connector
    const [error] = await once(http.get({ host: '127.0.0.1', port: CLOSED, agent }), 'error')
    expect(error).toBeInstanceOf(SocketOptionError)
    expect(error).toMatchObject({ code: 'ECONNREFUSED', message: expect.stringContaining('127.0.0.1 port 9') })
    const dispatcher = new undici.Agent({ connect: connector })
    await expect(undici.request(`http://127.0.0.1:${CLOSED}`, { dispatcher })).rejects.toMatchObject({
      name: 'SocketOptionError',
      code: 'ECONNREFUSED',
    })
    await dispatcher.close()
    await expectNothingOpen(before)
  })

  it.each([
    ['no host', { port: 80 }, /host is undefined/],
    ['a port that is none', { host: '::1', port: 'http' }, /port is NaN/],
    ['a path of a Unix socket', { host: '::1', socketPath: '/run/x' }, /a connector takes no socketPath/],
    ['a local port', { host: '::1', localPort: 1 }, /a connector takes no localPort/],
  ])('refuses %s, by the callback', async (_, request, message) => {
    await expect(called(request)).rejects.toMatchObject({
      name: 'SocketOptionError',
      message: expect.stringMatching(message),
    })
  })

  it('throws for a request or a callback that is none', () => {
    const wrong = connector as unknown as (...given: unknown[]) => void
    for (const given of [[], [null, () => {}], [{}], [{}, 1]])
      expect(() => wrong(...given)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }))
  })

  it.each([
    ['a word it does not know', { host: 'x' }, /connectorFor: unknown option 'host'; there are options,/],
    ['options that are no list', { options: {} }, /connectorFor: options is an object/],
    ['an option by name', { options: [['SO_MARK', 1]] }, /options\[0\] is not \[option, value\]/],
    ['tls that is none', { tls: true }, /connectorFor: tls is true: an object with options of tls.connect/],
    ['a wrong localAddress', { localAddress: 'lo' }, /connectorFor: localAddress is 'lo'/],
  ])('refuses %s at once', (_, options, message) => {
    expect(() => connectorFor(options as never)).toThrow(
      expect.objectContaining({ message: expect.stringMatching(message) }),
    )
    expect(() => connectorFor(undefined as never)).toThrow(/connectorFor takes/)
  })
})

describeUnless(namespaceMissing ?? nftMissing, 'a connector', () => {
  it('sets its options before the first SYN', async () => {
    const port = await listening(http.createServer(answer))
    await using silent = await silence(['127.0.0.2'], 'meta mark 7')
    const marking = connectorFor({
      options: [[SO_MARK, 7]],
      lookup: lookupOf('127.0.0.2', '127.0.0.1'),
      autoSelectFamilyAttemptTimeout: 20,
    })
    const { socket } = await connectionOf(http.request({ host: 'somewhere', port, createConnection: marking }))
    expect(socket.remoteAddress).toBe('127.0.0.1')
    expect(await silent.dropped('127.0.0.2')).toBeGreaterThan(0)
  })
})

describeUnless(namespaceMissing ?? opensslMissing, 'connectorFor over TLS', () => {
  let certificate: Certificate
  let secure: Connector
  beforeAll(async () => {
    certificate = await selfSigned()
    secure = connectorFor({ options: [[TCP_USER_TIMEOUT, 1234]], tls: { ca: certificate.cert } })
  })
  afterAll(() => certificate[Symbol.dispose]())

  it.each(['localhost', '127.0.0.1', '::1'])('serves an https.Agent, with its own ca: %s', async (host) => {
    const port = await listening(https.createServer(certificate, answer))
    const agent = new https.Agent({ ca: certificate.cert })
    agent.createConnection = connector
    // Without a protocol: the agent has it.
    const { socket, timeout } = await connectionOf(https.get({ host, port, agent }))
    expect(socket).toBeInstanceOf(TLSSocket)
    expect(socket).toMatchObject({ authorized: true, alpnProtocol: 'http/1.1' })
    expect(timeout).toBe(1234)
    agent.destroy()
  })

  it('serves a request of https without an agent', async () => {
    const port = await listening(https.createServer(certificate, answer))
    const { socket } = await connectionOf(https.request({ host: 'localhost', port, createConnection: secure }))
    expect(socket).toMatchObject({ authorized: true })
  })

  it('serves undici, and fetch', async () => {
    const port = await listening(https.createServer(certificate, answer))
    const dispatcher = new undici.Agent({ connect: secure })
    for (const host of ['127.0.0.1', '[::1]', 'localhost']) {
      const response = await undici.fetch(`https://${host}:${port}`, { dispatcher })
      expect(await response.text()).toBe('done')
    }
    await dispatcher.close()
  })

  it('serves undici with HTTP/2', async () => {
    const port = await listening(
      http2.createSecureServer(certificate, (request, response) => response.end(request.httpVersion)),
    )
    const dispatcher = new undici.Agent({ connect: secure, allowH2: true })
    const { body } = await undici.request(`https://localhost:${port}`, { dispatcher })
    expect(await body.text()).toBe('2.0')
    await dispatcher.destroy()
  })

  it('serves ws', async () => {
    const web = https.createServer(certificate)
    const port = await listening(web)
    new WebSocketServer({ server: web }).on('connection', (socket) => socket.send('welcome'))
    const client = new WebSocket(`wss://localhost:${port}`, { createConnection: secure })
    const [[message], [{ socket }]] = await Promise.all([once(client, 'message'), once(client, 'upgrade')])
    expect(`${message}`).toBe('welcome')
    expect(socket).toMatchObject({ authorized: true })
    client.terminate()
  })

  it('gives Node’s error for a certificate that nobody vouches for, and one of another name', async () => {
    const port = await listening(tls.createServer(certificate))
    const before = openSockets()
    const to = { host: '127.0.0.1', port, protocol: 'https:' }
    await expect(called(to)).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
    await expect(called({ ...to, servername: 'example.org' }, secure)).rejects.toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    })
    await expect(called({ ...to, minVersion: 'TLSv9' } as never, secure)).rejects.toMatchObject({
      code: 'ERR_TLS_INVALID_PROTOCOL_VERSION',
    })
    await expectNothingOpen(before)
  })

  it.each([
    ['ends', (socket: net.Socket) => socket.end()],
    ['resets', (socket: net.Socket) => socket.resetAndDestroy()],
    ['speaks otherwise', (socket: net.Socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ])('calls back once with an error if the server %s', async (_, act) => {
    const port = await listening(net.createServer((socket) => act(socket.on('error', () => {}).resume())))
    const before = openSockets()
    const calls: unknown[] = []
    const outcome = new Promise<void>((resolve) => {
      secure({ host: '127.0.0.1', port, protocol: 'https:' }, (...given: unknown[]) => {
        calls.push(given)
        resolve()
      })
    })
    await outcome
    await expectNothingOpen(before)
    expect(calls).toEqual([[expect.any(Error), null]])
  })
})
