// TCP_USER_TIMEOUT on each connection of a gRPC client: node timeout-grpc-client.mjs 127.0.0.1 50051 [milliseconds]
import { subscribe } from 'node:diagnostics_channel'
import { Client, credentials } from '@grpc/grpc-js'
import { control } from 'sockctl'
import { TCP_USER_TIMEOUT } from 'sockctl/options'

const [host = '127.0.0.1', port = '50051', milliseconds = '10000'] = process.argv.slice(2)

// Node tells of every socket that this process connects; the port says which of them are ours.
subscribe('net.client.socket', ({ socket }) => {
  socket.once('connect', () => {
    if (socket.remotePort !== Number(port)) return
    control(socket).setSync(TCP_USER_TIMEOUT, Number(milliseconds))
    console.log(`port ${socket.localPort} waits ${control(socket).getSync(TCP_USER_TIMEOUT)} ms`)
  })
})
const client = new Client(`${host}:${port}`, credentials.createInsecure())
const same = (bytes) => bytes
client.makeUnaryRequest('/Echo/Echo', same, same, Buffer.from('hi'), (error, data) => console.log(`${error ?? data}`))
