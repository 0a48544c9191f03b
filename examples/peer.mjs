// Who is at the other end of a Unix socket: node peer.mjs path
import { createServer } from 'node:net'
import { control } from 'sockctl'
import { SO_PEERCRED } from 'sockctl/options'

const [path = '\0sockctl-peer'] = process.argv.slice(2)

const server = createServer((socket) => {
  const { pid, uid, gid } = control(socket).getSync(SO_PEERCRED)
  console.log(`process ${pid} of user ${uid}, group ${gid}`)
  socket.end()
})
server.listen(path, () => console.log('listening'))
process.once('SIGINT', () => server.close())
