// How a TCP connection fares, a line a second, and an end to it 30 s after the peer is gone: node tcp-health.mjs host port [ms]
import { once } from 'node:events'
import { connect } from 'node:net'
import { control } from 'sockctl'
import { TCP_INFO, TCP_USER_TIMEOUT } from 'sockctl/options'

const [host = '127.0.0.1', port = '80', interval = '1000'] = process.argv.slice(2)
const socket = connect(Number(port), host).resume()
await once(socket, 'connect')
process.once('SIGINT', () => socket.destroy())

// Keepalive asks after a peer while nothing is sent. The timeout holds for what is sent, and for what keepalive asks.
socket.setKeepAlive(true, 10_000)
control(socket).setSync(TCP_USER_TIMEOUT, 30_000)
const timer = setInterval(() => {
  const { rtt, snd_cwnd, total_retrans } = control(socket).getSync(TCP_INFO)
  console.log(`round trip ${rtt / 1000} ms, window ${snd_cwnd} segments, ${total_retrans} sent again`)
}, Number(interval))
socket.on('error', ({ message }) => console.error(message)).on('close', () => clearInterval(timer))
