// Sockets that other modules of Node wrap, and streams that are no sockets.
import { once } from 'node:events'
import http2 from 'node:http2'
import net from 'node:net'
import { Duplex } from 'node:stream'
import tls from 'node:tls'
import { control } from 'sockctl'
import { TCP_NODELAY, TCP_USER_TIMEOUT } from 'sockctl/options'
import { expect, it, onTestFinished } from 'vitest'

it('takes the socket of an http2 session, and says that it is closed once the session has ended', async () => {
  const server = http2.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const session = http2.connect(`http://127.0.0.1:${(server.address() as net.AddressInfo).port}`)
  await once(session, 'connect')
  const c = control(session.socket)
  c.setSync(TCP_USER_TIMEOUT, 30_000)
  expect(c.getSync(TCP_USER_TIMEOUT)).toBe(30_000)
  expect(c.getSync(TCP_NODELAY)).toBe(true)
  session.destroy()
  await once(session, 'close')
  expect(() => c.fd).toThrow(expect.objectContaining({ code: 'ERR_SOCKET_CLOSED' }))
})

it('says of TLS over a stream that the stream is no socket', () => {
  const socket = tls.connect({ socket: new Duplex({ read() {}, write() {} }) as net.Socket })
  socket.on('error', () => {})
  onTestFinished(() => void socket.destroy())
  expect(() => control(socket).fd).toThrow(/runs over a stream that is no socket/)
})

it('says of a socket that is connecting what to wait for', async () => {
  const socket = net.connect({ host: 'localhost', port: 9, lookup: () => {} })
  socket.on('error', () => {})
  onTestFinished(() => void socket.destroy())
  expect(() => control(socket).fd).toThrow(/wait for 'connect'/)
})
