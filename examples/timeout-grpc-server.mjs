// TCP_USER_TIMEOUT on each connection of a gRPC server: node timeout-grpc-server.mjs 127.0.0.1 50051 [milliseconds]
import { createServer } from 'node:net'
import { Server, ServerCredentials } from '@grpc/grpc-js'
import { control } from 'sockctl'
import { TCP_USER_TIMEOUT } from 'sockctl/options'

const [host = '127.0.0.1', port = '50051', milliseconds = '10000'] = process.argv.slice(2)

const bytes = { requestDeserialize: (bytes) => bytes, responseSerialize: (bytes) => bytes }
const echo = { path: '/Echo/Echo', requestStream: false, responseStream: false, ...bytes }
const server = new Server()
server.addService({ echo }, { echo: ({ request }, callback) => callback(null, request) })

const injector = server.createConnectionInjector(ServerCredentials.createInsecure())
createServer((socket) => {
  control(socket).setSync(TCP_USER_TIMEOUT, Number(milliseconds))
  console.log(`port ${socket.remotePort} waits ${control(socket).getSync(TCP_USER_TIMEOUT)} ms`)
  injector.injectConnection(socket)
}).listen(Number(port), host, () => console.log('listening'))
