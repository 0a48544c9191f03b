// Tell systemd that a service is ready, what it does, and that it stops (sd_notify): node sd-notify.mjs [status]
import { openSocket } from 'sockctl'

const [status = 'waiting for requests'] = process.argv.slice(2)
const { NOTIFY_SOCKET, WATCHDOG_USEC = '0' } = process.env
if (NOTIFY_SOCKET === undefined) throw new Error('systemd sets NOTIFY_SOCKET for services of Type=notify')

const socket = (await openSocket({ family: 'unix', type: 'dgram' })).toMessageSocket()
// A name that begins with @ is an abstract one.
const to = { path: NOTIFY_SOCKET.replace(/^@/, '\0') }
const notify = (state) => socket.send(Buffer.from(state), to)

await notify(`READY=1\nSTATUS=${status}\nMAINPID=${process.pid}`)
const alive = Number(WATCHDOG_USEC) / 2000
const timer = alive > 0 ? setInterval(() => notify('WATCHDOG=1'), alive) : setInterval(() => {}, 2 ** 30)

process.once('SIGINT', async () => {
  clearInterval(timer)
  await notify('STOPPING=1')
  await socket.close()
})
