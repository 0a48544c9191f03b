// How a TCP connection fares, a line a second, and an end to it 30 s after the peer is gone: node tcp-health.mjs host port
import { once } from 'node:events'
import { connect } from 'node:net'
import { control } from 'sockctl'
import { SO_KEEPALIVE, TCP_INFO, TCP_KEEPCNT, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_USER_TIMEOUT } from 'sockctl/options'

const [host = '127.0.0.1', port = '80'] = process.argv.slice(2)
const socket = connect(Number(port), host).resume()
await once(socket, 'connect')
process.once('SIGINT', () => socket.destroy())
const c = control(socket)

// Keepalive notices a peer that is gone while nothing is sent, the other one while data are on their way.
c.setSync(SO_KEEPALIVE, true)
c.setSync(TCP_KEEPIDLE, 10)
c.setSync(TCP_KEEPINTVL, 5)
c.setSync(TCP_KEEPCNT, 4)
c.setSync(TCP_USER_TIMEOUT, 30_000)

const report = () => {
  const { rtt, snd_cwnd, total_retrans } = c.getSync(TCP_INFO)
  console.log(`round trip ${rtt / 1000} ms, window ${snd_cwnd} segments, ${total_retrans} sent again`)
}
report()
const timer = setInterval(report, 1000)
socket.on('error', ({ message }) => console.error(message))
socket.on('close', () => clearInterval(timer))
